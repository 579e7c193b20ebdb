/** What Ollama tells about models and itself. What is not known here is left out. */
import { z } from 'zod'
import type { ModelStatus, ServedModel } from '../../core/engine.ts'
import type { ModelsFor } from '../openai/models.ts'
import { defineRoute, type Route } from '../route.ts'
import { errorAnswers, ollamaError, ollamaErrors } from './errors.ts'
import { modelName } from './fields.ts'
import { servedModel } from './served-model.ts'

const details = z.object({
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
})

const listed = {
  name: z.string(),
  model: z.string(),
  digest: z.string().optional().describe('SHA-256 of the weights.'),
  details,
}
const tags = z.object({ models: z.array(z.object({ ...listed, modified_at: z.string() })) })
const running = z.object({ models: z.array(z.object({ ...listed, context_length: z.int() })) })

const showRequest = z.strictObject({
  model: modelName.nullish().describe('A model of GET /api/tags.'),
  name: modelName.nullish().describe('Old name of `model`.'),
  verbose: z.boolean().nullish().describe('Accepted without effect.'),
})
const shown = z.object({
  license: z.string().optional(),
  modified_at: z.string(),
  details,
  model_info: z.record(z.string(), z.union([z.string(), z.number()])),
  capabilities: z.array(z.string()),
})
const version = z.object({ version: z.string().describe('Of Elpis, not of Ollama.') })

const listAnswers = (schema: z.ZodType) => ({
  200: { description: 'All models.', schema },
  401: { description: 'No valid key.', schema: ollamaError },
})

interface ModelParts {
  readonly modelsFor: ModelsFor
  readonly status: () => readonly ModelStatus[]
  readonly version: string
}

/** Ollama's routes about models and its version; lists show only the models that the key may use. */
export function modelRoutes({ modelsFor, status, version: ours }: ModelParts): Route[] {
  const get = { method: 'GET', needs: 'models', errors: ollamaErrors } as const
  return [
    defineRoute({
      ...get,
      path: '/api/tags',
      summary: 'List the models that the key may use, as Ollama has it',
      answers: listAnswers(tags),
      handle: async ({ exchange }): Promise<z.infer<typeof tags>> => ({
        models: (await modelsFor(exchange.credentials)).map((model) =>
          entryOf(model, { modified_at: pulledAt(model) }),
        ),
      }),
    }),
    defineRoute({
      ...get,
      path: '/api/ps',
      summary: 'List the models that are loaded, as Ollama has it',
      answers: listAnswers(running),
      async handle({ exchange }): Promise<z.infer<typeof running>> {
        const ready = new Set(
          status().flatMap(({ model, state }) => (state.state === 'ready' ? [model] : [])),
        )
        const loaded = (await modelsFor(exchange.credentials)).filter(({ id }) => ready.has(id))
        return {
          models: loaded.map((model) => entryOf(model, { context_length: model.contextTokens })),
        }
      },
    }),
    defineRoute({
      ...get,
      path: '/api/version',
      summary: 'Say the version of this server',
      answers: { ...listAnswers(version), 200: { description: 'The version.', schema: version } },
      handle: async (): Promise<z.infer<typeof version>> => ({ version: ours }),
    }),
    defineRoute({
      ...get,
      method: 'POST',
      path: '/api/show',
      summary: 'Describe one model, as Ollama has it',
      body: showRequest.refine(({ model, name }) => model != null || name != null, {
        path: ['model'],
        error: 'is missing',
      }),
      answers: { 200: { description: 'The model.', schema: shown }, ...errorAnswers },
      async handle({ body, exchange }) {
        const models = await modelsFor(exchange.credentials)
        return descriptionOf(servedModel(body.model ?? body.name ?? '', { models: () => models }))
      },
    }),
  ]
}

function entryOf<More extends object>(model: ServedModel, more: More) {
  const { id, digest } = model
  return { name: id, model: id, ...(digest === null ? {} : { digest }), details: detailsOf(model), ...more }
}

/** Empty for models that lie elsewhere, as Ollama has it for those that it does not hold. */
function detailsOf({ nature, parent }: ServedModel): z.infer<typeof details> {
  const family = nature?.architecture ?? ''
  return {
    parent_model: parent ?? '',
    format: nature === undefined ? '' : 'gguf',
    family,
    families: family === '' ? [] : [family],
    parameter_size: nature === undefined ? '' : sizeInWords(nature.parameters),
    quantization_level: nature?.quantisation ?? '',
  }
}

/** As Ollama writes it: `134.52M`, `8.0B`. */
function sizeInWords(parameters: number): string {
  return parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)}B` : `${(parameters / 1e6).toFixed(2)}M`
}

function descriptionOf(model: ServedModel): z.infer<typeof shown> {
  const { licence, contextTokens, abilities } = model
  const architecture = model.nature?.architecture ?? 'elpis'
  const can: Record<ServedModel['abilities'][number], string[]> = {
    generate: ['completion', 'tools'],
    embed: ['embedding'],
    rerank: [],
  }
  return {
    ...(licence === null ? {} : { license: licence }),
    modified_at: pulledAt(model),
    details: detailsOf(model),
    // Clients look for the context under the name of the architecture.
    model_info: {
      'general.architecture': architecture,
      'general.basename': model.id,
      [`${architecture}.context_length`]: contextTokens,
      ...(model.nature === undefined ? {} : { 'general.parameter_count': model.nature.parameters }),
    },
    capabilities: abilities.flatMap((ability) => can[ability]),
  }
}

function pulledAt({ createdAt }: ServedModel): string {
  return new Date(createdAt).toISOString()
}
