import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { ServedModel } from '../../core/engine.ts'
import type { Credentials } from '../../core/principal.ts'
import { modelNotServed } from '../../core/not-served.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'

const model = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int().describe('When it was pulled, in seconds since the epoch.'),
  owned_by: z.literal('elpis'),
  context_tokens: z.int().describe('Extension. Tokens that prompt and answer may have together.'),
  digest: z.string().nullable().describe('Extension. SHA-256 of the weights, when they are here.'),
  licence: z.string().nullable().describe('Extension.'),
  abilities: z
    .array(z.enum(['generate', 'embed', 'rerank']))
    .describe('Extension. What it can do: answers, vectors, ranks.'),
  parent: z.string().nullable().describe('The model that it is an adapter of, when it is one.'),
})
const modelList = z.object({ object: z.literal('list'), data: z.array(model) })

/** The models that whoever asks may use. */
export type ModelsFor = (credentials: Credentials) => Promise<readonly ServedModel[]>

/** How another protocol describes models on the same paths: to clients that send its header. */
export interface ModelShape {
  readonly header: string
  list(models: readonly ServedModel[]): unknown
  one(model: ServedModel): unknown
}

const openAiShape: Omit<ModelShape, 'header'> = {
  list: (models): z.infer<typeof modelList> => ({ object: 'list', data: models.map(modelOf) }),
  one: modelOf,
}

/** The routes that list models, in OpenAI's shape or, by header, that of another API in `others`. */
export function modelRoutes(modelsFor: ModelsFor, others: readonly ModelShape[]): Route[] {
  const shapeFor = ({ request }: FastifyReply) =>
    others.find(({ header }) => request.headers[header] !== undefined) ?? openAiShape
  const list = defineRoute({
    method: 'GET',
    path: '/v1/models',
    summary: 'List the models that the key may use',
    needs: 'models',
    answers: {
      200: { description: 'All of them.', schema: modelList },
      401: { description: 'No valid key.', schema: errorBody },
    },
    handle: async ({ exchange, reply }) => shapeFor(reply).list(await modelsFor(exchange.credentials)),
  })
  const one = defineRoute({
    method: 'GET',
    // A wildcard: names hold `/`, sent encoded or as it is.
    path: '/v1/models/*',
    documentedPath: '/v1/models/{model}',
    summary: 'Describe one model',
    needs: 'models',
    answers: {
      200: { description: 'The model.', schema: model },
      401: { description: 'No valid key.', schema: errorBody },
      404: { description: 'It is not served here, or not to this key.', schema: errorBody },
    },
    async handle({ exchange, rest, reply }) {
      const models = await modelsFor(exchange.credentials)
      const served = models.find(({ id }) => id === rest)
      if (served === undefined) {
        throw modelNotServed(
          rest,
          models.map(({ id }) => id),
        )
      }
      return shapeFor(reply).one(served)
    },
  })
  return [list, one]
}

function modelOf(served: ServedModel): z.infer<typeof model> {
  const { id, createdAt, contextTokens, digest, licence, abilities } = served
  return {
    id,
    object: 'model',
    created: Math.floor(createdAt / 1000),
    owned_by: 'elpis',
    context_tokens: contextTokens,
    digest,
    licence,
    abilities: [...abilities],
    parent: served.parent ?? null,
  }
}
