import { idLike } from './exchange.ts'
import { z } from 'zod'
import { briefly } from './briefly.ts'
import { errorBody, modelRefusals } from './error-body.ts'
import { text } from './openai/fields.ts'
import type { Generating } from './openai/generating.ts'
import { endUserField } from './end-user.ts'
import { defineRoute, type Route } from './route.ts'

const mostDocuments = 2048

/** The body of `POST /v1/rerank`, as Jina and Cohere have it. */
const rerankRequest = z.strictObject({
  model: z.string().min(1).max(500).describe('A model of GET /v1/models that can `rerank`.'),
  query: text.min(1).describe('What the documents shall answer.'),
  documents: z
    .array(
      z.union([text.min(1), z.strictObject({ text: text.min(1) })], {
        error: 'must be a text that is not empty',
      }),
    )
    .min(1)
    .max(mostDocuments)
    .describe('Texts, or objects with a `text`.'),
  top_n: z.int().min(1).nullish().describe('How many of the best to answer with; default all.'),
  return_documents: z.boolean().nullish().describe('Default true, as in Jina’s.'),

  user: endUserField,
})

const ranking = z.object({
  id: z.string(),
  model: z.string(),
  method: z
    .enum(['cross-encoder', 'cosine-similarity'])
    .describe(
      'Extension. What scores: a model that reads query and document together (0 to 1), or the angle between their vectors (−1 to 1).',
    ),
  results: z
    .array(
      z.object({
        index: z.int().describe('Of the document in the request.'),
        relevance_score: z.number(),
        document: z.object({ text: z.string() }).optional(),
      }),
    )
    .describe('Best first.'),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
})

/** The route that ranks documents by a query, best first. */
export function rerank({ brief }: Pick<Generating, 'brief'>): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/rerank',
    summary: 'Order documents by how well they answer a query',
    needs: 'rerank',
    body: rerankRequest,
    answers: {
      200: { description: 'The documents, best first.', schema: ranking },
      ...modelRefusals(),
      400: {
        description: 'The request is wrong, or a document too long; nothing is cut off.',
        schema: errorBody,
      },
    },
    async handle({ body, exchange }): Promise<z.infer<typeof ranking>> {
      const { model, query } = body
      const documents = body.documents.map((document) =>
        typeof document === 'string' ? document : document.text,
      )
      const { scores, method, promptTokens } = await briefly(
        { exchange, model, field: 'documents' },
        () =>
          brief.rerank(
            { id: exchange.id, model, signal: exchange.left, query, documents },
            exchange.credentials,
          ),
        (result) => result.promptTokens,
      )
      const withText = body.return_documents !== false
      const results = scores
        .map((score, index) => {
          const result = { index, relevance_score: score }
          return withText ? Object.assign(result, { document: { text: documents[index] ?? '' } }) : result
        })
        .toSorted((left, right) => right.relevance_score - left.relevance_score)
        .slice(0, body.top_n ?? documents.length)
      return {
        id: idLike(exchange.id, 'rerank-'),
        model,
        method,
        results,
        usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
      }
    },
  })
}
