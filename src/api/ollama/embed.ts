import { z } from 'zod'
import type { Embeddings } from '../../core/engine.ts'
import { briefly } from '../briefly.ts'
import type { Exchange } from '../exchange.ts'
import { text } from '../openai/fields.ts'
import type { Generating } from '../openai/generating.ts'
import { defineRoute, type Route } from '../route.ts'
import { asNumbers, listOfVectors } from '../vector-list.ts'
import { errorAnswers, ollamaErrors } from './errors.ts'
import { keepAlive, modelName } from './fields.ts'
import { checkContext, options } from './options.ts'
import { servedModel } from './served-model.ts'

const mostInputs = 2048

const embedRequest = z.strictObject({
  model: modelName,
  input: z
    .union([text.min(1), z.array(text.min(1)).min(1).max(mostInputs)], {
      error: 'must be a text or a list of texts, none empty',
    })
    .describe('What gets a vector: one text, or several.'),
  dimensions: z
    .int()
    .min(1)
    .max(1_048_576)
    .nullish()
    .describe('Vectors are cut to so many, for models trained for it.'),
  truncate: z.boolean().nullish().describe('Accepted without effect: too long an input is always an error.'),
  options: options.nullish().describe('Sampling and lengths, as Ollama names them.'),
  keep_alive: keepAlive,
})

const embeddingsRequest = z.strictObject({
  model: modelName,
  prompt: text.min(1).describe('What gets a vector.'),
  options: options.nullish().describe('Sampling and lengths, as Ollama names them.'),
  keep_alive: keepAlive,
})

const embedAnswer = z.object({
  model: z.string(),
  embeddings: z.array(z.array(z.number())).describe('One of length 1 for each input, in order.'),
  total_duration: z.int().describe('Nanoseconds.'),
  load_duration: z.int().describe('Nanoseconds; 0: it is part of the whole.'),
  prompt_eval_count: z.int(),
})
const embeddingsAnswer = z.object({ embedding: z.array(z.number()) })

/** Ollama's routes for vectors, the newer `/api/embed` and the older one for a single text. */
export function embedRoutes(generating: Generating): Route[] {
  const common = { method: 'POST', needs: 'embeddings', errors: ollamaErrors } as const
  const embed = defineRoute({
    ...common,
    path: '/api/embed',
    summary: 'Turn texts into vectors, as Ollama has it',
    body: embedRequest,
    answers: { 200: { description: 'The vectors.', schema: embedAnswer }, ...errorAnswers },
    async handle({ body, exchange, reply }) {
      const { model, input, dimensions } = body
      const inputs = typeof input === 'string' ? [input] : input
      checkContext(body.options ?? {}, servedModel(model, generating).contextTokens)
      const asked = { exchange, model, inputs, dimensions: dimensions ?? null, field: 'input' }
      const { vectors, promptTokens } = await embedded(asked, generating)
      const list = await listOfVectors(vectors, asNumbers)
      const rest: Omit<z.infer<typeof embedAnswer>, 'embeddings'> = {
        model,
        total_duration: (generating.now() - exchange.startedAt) * 1_000_000,
        load_duration: 0,
        prompt_eval_count: promptTokens,
      }
      const answer = `{"embeddings":${list},${JSON.stringify(rest).slice(1)}`
      return await reply.type('application/json').send(answer)
    },
  })
  const old = defineRoute({
    ...common,
    path: '/api/embeddings',
    summary: 'Turn one text into a vector, as Ollama had it before /api/embed',
    body: embeddingsRequest,
    answers: { 200: { description: 'The vector.', schema: embeddingsAnswer }, ...errorAnswers },
    async handle({ body, exchange }): Promise<z.infer<typeof embeddingsAnswer>> {
      const { model, prompt } = body
      checkContext(body.options ?? {}, servedModel(model, generating).contextTokens)
      const asked = { exchange, model, inputs: [prompt], dimensions: null, field: 'prompt' }
      const { vectors } = await embedded(asked, generating)
      return { embedding: asNumbers(vectors[0] ?? new Float32Array()) }
    },
  })
  return [embed, old]
}

interface Embedding {
  readonly exchange: Exchange
  readonly model: string
  readonly inputs: readonly string[]
  readonly dimensions: number | null
  readonly field: string
}

async function embedded(
  { exchange, model, inputs, dimensions, field }: Embedding,
  { brief }: Pick<Generating, 'brief'>,
): Promise<Embeddings> {
  const asked = { id: exchange.id, model, signal: exchange.left, inputs, dimensions }
  return await briefly(
    { exchange, model, field },
    () => brief.embed(asked, exchange.credentials),
    ({ promptTokens }) => promptTokens,
  )
}
