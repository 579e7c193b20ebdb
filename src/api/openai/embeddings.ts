import { z } from 'zod'
import type { Embeddings } from '../../core/engine.ts'
import { briefly } from '../briefly.ts'
import { errorBody, modelRefusals } from '../error-body.ts'
import { endUserField } from '../end-user.ts'
import { defineRoute, type Route } from '../route.ts'
import { asNumbers, listOfVectors } from '../vector-list.ts'
import { text } from './fields.ts'
import type { Generating } from './generating.ts'

/** As many inputs as OpenAI takes; the size of a body bounds their tokens. */
const mostInputs = 2048
const token = z.int().min(0).max(2_147_483_647)
/** Longer than any context of a model that embeds; each one that is no number costs time to refuse. */
const tokens = z.array(token).min(1).max(131_072)
const wholeText = text.min(1)
const list = { min: 'must not be empty', max: `may have ${mostInputs} inputs at most` }

/** The body of `POST /v1/embeddings`. */
export const embeddingsRequest = z.strictObject({
  model: z.string().min(1).max(500).describe('A model of GET /v1/models that can `embed`.'),
  input: z
    .union(
      [
        wholeText,
        tokens,
        z.array(wholeText).min(1, list.min).max(mostInputs, list.max),
        z.array(tokens).min(1, list.min).max(mostInputs, list.max),
      ],
      {
        error:
          'must be a text, a list of texts, a list of token ids, or a list of lists of token ids; none empty',
      },
    )
    .describe('What gets a vector: one text, several, or token ids, which are taken as they are.'),
  encoding_format: z
    .enum(['float', 'base64'])
    .nullish()
    .describe('`base64`: little-endian 32-bit floats. Default float.'),
  dimensions: z
    .int()
    .min(1)
    .max(1_048_576)
    .nullish()
    .describe('Vectors are cut to so many and brought back to length 1: for models trained for it.'),

  user: endUserField,
  safety_identifier: endUserField,
})

const embeddingEntry = z.object({
  object: z.literal('embedding'),
  index: z.int(),
  embedding: z.union([z.array(z.number()), z.string()]).describe('Of length 1; text for `base64`.'),
})
type EmbeddingEntry = z.infer<typeof embeddingEntry>

const embeddingList = z.object({
  object: z.literal('list'),
  data: z.array(embeddingEntry),
  model: z.string(),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
})

/** OpenAI's route for vectors: one for each input, in order. An input that is too long is refused, never cut. */
export function embeddings({ brief }: Pick<Generating, 'brief'>): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/embeddings',
    summary: 'Turn texts into vectors',
    needs: 'embeddings',
    body: embeddingsRequest,
    answers: {
      200: { description: 'One vector for each input, in order.', schema: embeddingList },
      ...modelRefusals(),
      400: {
        description: 'The request is wrong, or an input too long; nothing is cut off.',
        schema: errorBody,
      },
    },
    async handle({ body, exchange, reply }) {
      const { model, encoding_format, dimensions } = body
      const asked = {
        id: exchange.id,
        model,
        signal: exchange.left,
        inputs: inputsOf(body.input),
        dimensions: dimensions ?? null,
      }
      const result = await briefly(
        { exchange, model, field: 'input' },
        () => brief.embed(asked, exchange.credentials),
        ({ promptTokens }) => promptTokens,
      )
      const answer = await written(result, model, encoding_format === 'base64' ? asBase64 : asNumbers)
      return await reply.type('application/json').send(answer)
    },
  })
}

type Input = z.output<typeof embeddingsRequest>['input']

function inputsOf(input: Input): readonly (string | readonly number[])[] {
  if (typeof input === 'string') return [input]
  return input.every((entry) => typeof entry === 'number') ? [input] : (input as (string | number[])[])
}

async function written(
  { vectors, promptTokens }: Embeddings,
  model: string,
  encoded: (vector: Float32Array) => number[] | string,
): Promise<string> {
  const data = await listOfVectors(vectors, (vector, index): EmbeddingEntry => {
    return { object: 'embedding', index, embedding: encoded(vector) }
  })
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens }
  return `{"object":"list","data":${data},"model":${JSON.stringify(model)},"usage":${JSON.stringify(usage)}}`
}

function asBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * Float32Array.BYTES_PER_ELEMENT)
  for (const [index, component] of vector.entries())
    bytes.writeFloatLE(component, index * Float32Array.BYTES_PER_ELEMENT)
  return bytes.toString('base64')
}
