/** What the guard goes by and finds, as the server counts it. */
import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { callFor } from '../server/call.ts'

const overview = z.object({
  policies: z.array(z.object({ name: z.string(), version: z.string(), summary: z.string() })),
  verdicts: z.array(
    z.object({
      day: z.string(),
      direction: z.string(),
      outcome: z.string(),
      action: z.string(),
      hazards: z.array(z.object({ code: z.string(), name: z.string() })),
      layer: z.string(),
      count: z.number(),
    }),
  ),
})

export type Overview = z.infer<typeof overview>
export type Found = Overview['verdicts'][number]

export const guardQuery = queryOptions({
  queryKey: ['guard'],
  queryFn: ({ signal }) => callFor(overview, '/v1/admin/guard', { signal }),
  staleTime: 30_000,
})
