/** What was used, as the server adds it up. */
import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { callFor } from '../server/call.ts'

const sums = {
  requests: z.number(),
  failed: z.number(),
  blocked: z.number(),
  input_tokens: z.number(),
  cached_tokens: z.number(),
  output_tokens: z.number(),
  reasoning_tokens: z.number(),
  cost: z.number(),
  energy_wh: z.nullable(z.number()),
}
const usageSchema = z.object({
  currency: z.string(),
  since: z.string(),
  until: z.string(),
  data: z.array(
    z.object({
      ...sums,
      start: z.nullable(z.string()),
      model: z.optional(z.nullable(z.string())),
      key: z.optional(z.nullable(z.string())),
      person: z.optional(z.nullable(z.string())),
    }),
  ),
  total: z.object(sums),
})

export type Usage = z.infer<typeof usageSchema>
export type UsageRow = Usage['data'][number]
export type Group = 'model' | 'key' | 'person'

/** The last 30 days, by day and group. */
export function usageQuery(group: Group) {
  return queryOptions({
    queryKey: ['usage', group],
    queryFn: ({ signal }) => callFor(usageSchema, `/v1/usage?interval=day&group_by=${group}`, { signal }),
    staleTime: 30_000,
  })
}
