/** How people stand, what was done to them and why, as calls of the server. */
import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { callFor } from '../server/call.ts'

const measure = z.object({
  id: z.string(),
  target: z.string(),
  name: z.nullable(z.string()),
  rung: z.string(),
  reason: z.string(),
  by: z.string(),
  case: z.string(),
  created_at: z.string(),
  until: z.nullable(z.string()),
  lifted: z.nullable(z.object({ at: z.string(), by: z.string(), reason: z.string() })),
})
const measures = z.object({ measures: z.array(measure) })
const caseSchema = z.object({
  id: z.string(),
  target: z.string(),
  name: z.nullable(z.string()),
  state: z.string(),
  opened_at: z.string(),
  updated_at: z.string(),
})
const link = z.object({
  target: z.string(),
  name: z.nullable(z.string()),
  shares: z.array(z.object({ kind: z.string(), shared_by: z.number() })),
  last_at: z.string(),
  rung: z.nullable(z.string()),
})
const explanation = z.object({
  target: z.string(),
  name: z.nullable(z.string()),
  score: z.number(),
  policy: z.string(),
  half_life_days: z.number(),
  thresholds: z.object({
    warned: z.number(),
    restricted: z.number(),
    suspended: z.number(),
    banned: z.number(),
  }),
  strikes: z.array(
    z.object({
      event: z.string(),
      at: z.string(),
      source: z.string(),
      hazard: z.nullable(z.string()),
      means: z.string(),
      direction: z.string(),
      severity: z.number(),
      weight: z.number(),
      points: z.number(),
      counts: z.number(),
      note: z.nullable(z.string()),
    }),
  ),
  measures: z.array(measure),
  cases: z.array(caseSchema),
  links: z.array(link),
})
const caseFile = z.object({
  ...caseSchema.shape,
  steps: z.array(
    z.object({ at: z.string(), kind: z.string(), by: z.string(), detail: z.record(z.string(), z.unknown()) }),
  ),
  measures: z.array(measure),
  links: z.array(link),
})

export type Measure = z.infer<typeof measure>
export type Link = z.infer<typeof link>
export type CaseFile = z.infer<typeof caseFile>
export type Explanation = z.infer<typeof explanation>
export type Strike = Explanation['strikes'][number]

export const bansQuery = queryOptions({
  queryKey: ['standing', 'bans'],
  queryFn: ({ signal }) => callFor(measures, '/v1/admin/bans', { signal }),
})

export function explanationQuery(target: string) {
  return queryOptions({
    queryKey: ['standing', 'of', target],
    queryFn: ({ signal }) =>
      callFor(explanation, `/v1/admin/standing/${encodeURIComponent(target)}`, { signal }),
  })
}

export const casesQuery = queryOptions({
  queryKey: ['standing', 'cases'],
  queryFn: ({ signal }) => callFor(z.object({ cases: z.array(caseSchema) }), '/v1/admin/cases', { signal }),
})

export function caseFileQuery(id: string) {
  return queryOptions({
    queryKey: ['standing', 'case', id],
    queryFn: ({ signal }) => callFor(caseFile, `/v1/admin/cases/${id}`, { signal }),
  })
}

export interface Step {
  readonly target: string
  readonly rung: 'warned' | 'restricted' | 'suspended' | 'banned'
  readonly reason: string
  /** Null for as long as is usual, or for good with a ban. */
  readonly seconds: number | null
}

export function takeStep({ target, rung, reason, seconds }: Step): Promise<Measure> {
  return rung === 'banned'
    ? callFor(measure, '/v1/admin/bans', { method: 'POST', body: { target, reason, seconds } })
    : callFor(measure, '/v1/admin/standing', { method: 'POST', body: { target, rung, reason, seconds } })
}

export function liftAll(target: string, reason: string) {
  return callFor(measures, '/v1/admin/standing/lift', { method: 'POST', body: { target, reason } })
}
