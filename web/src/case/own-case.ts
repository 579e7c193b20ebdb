/** A case as whoever it concerns sees it. */
import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { call, callFor } from '../server/call.ts'

const ownCase = z.object({
  id: z.string(),
  concerns: z.string(),
  state: z.string(),
  opened_at: z.string(),
  measures: z.array(
    z.object({
      what: z.string(),
      means: z.string(),
      why: z.string(),
      by: z.string(),
      since: z.string(),
      until: z.nullable(z.string()),
      in_force: z.boolean(),
      ended: z.nullable(z.object({ at: z.string(), why: z.string() })),
    }),
  ),
  strikes: z.array(
    z.object({ at: z.string(), hazard: z.nullable(z.string()), request: z.nullable(z.string()) }),
  ),
  appeals: z.array(
    z.object({
      id: z.string(),
      lodged_at: z.string(),
      statement: z.nullable(z.string()),
      decided: z.nullable(
        z.object({ outcome: z.string(), means: z.string(), at: z.string(), why: z.string() }),
      ),
    }),
  ),
  appeal: z.nullable(z.object({ address: z.string(), how: z.string() })),
})

export type OwnCase = z.infer<typeof ownCase>

const ownCases = z.object({
  cases: z.array(z.object({ id: z.string(), state: z.string(), updated_at: z.string() })),
})

/** The newest first. */
export const ownCasesQuery = queryOptions({
  queryKey: ['cases-of-mine'],
  queryFn: ({ signal }) => callFor(ownCases, '/v1/safety/cases', { signal }),
  refetchInterval: 60_000,
})

export function ownCaseQuery(id: string) {
  return queryOptions({
    queryKey: ['case', id],
    queryFn: ({ signal }) => callFor(ownCase, `/v1/safety/cases/${id}`, { signal }),
  })
}

/** @param address as the case names it */
export async function appeal(address: string, statement: string): Promise<void> {
  await call(address, { method: 'POST', body: { statement } })
}
