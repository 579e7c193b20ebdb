import { z } from 'zod'
import type { ServedModel } from '../../core/engine.ts'
import type { ModelShape } from '../openai/models.ts'

const modelInfo = z.object({
  type: z.literal('model'),
  id: z.string(),
  display_name: z.string(),
  created_at: z.string().describe('When it was pulled; RFC 3339.'),
})

const modelPage = z.object({
  data: z.array(modelInfo),
  has_more: z.literal(false),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
})

/** `GET /v1/models` for clients that say that they speak Anthropic's protocol. */
export const anthropicModels: ModelShape = { header: 'anthropic-version', list: listOf, one: modelOf }

function modelOf({ id, createdAt }: ServedModel): z.infer<typeof modelInfo> {
  return { type: 'model', id, display_name: id, created_at: new Date(createdAt).toISOString() }
}

/** All models, always on one page. */
function listOf(models: readonly ServedModel[]): z.infer<typeof modelPage> {
  const data = models.map(modelOf)
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
}
