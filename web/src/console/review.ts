/** What waits for a person to decide, as calls of the server. */
import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { callFor } from '../server/call.ts'

const outcome = z.enum(['upheld', 'reversed', 'taken', 'dismissed'])
const review = z.object({
  id: z.string(),
  kind: z.enum(['appeal', 'step']),
  target: z.string(),
  name: z.nullable(z.string()),
  case: z.nullable(z.string()),
  proposed: z.nullable(z.string()),
  statement: z.nullable(z.string()),
  created_at: z.string(),
  claimed_by: z.nullable(z.string()),
  claimed_until: z.nullable(z.string()),
  decided: z.nullable(z.object({ outcome, at: z.string(), by: z.string(), reason: z.string() })),
  actions: z.array(outcome),
})
const next = z.object({ review: z.nullable(review) })

export type Review = z.infer<typeof review>
export type Outcome = z.infer<typeof outcome>

/** Everything that waits; or all appeals, those that are decided as well. */
export function reviewsQuery(which: 'waiting' | 'appeals') {
  return queryOptions({
    queryKey: ['standing', 'reviews', which],
    queryFn: ({ signal }) =>
      callFor(
        z.object({ reviews: z.array(review) }),
        `/v1/admin/review${which === 'appeals' ? '?kind=appeal&past=true' : ''}`,
        { signal },
      ),
  })
}

/** @returns null when nothing waits for whoever asks */
export async function takeNext(): Promise<Review | null> {
  return (await callFor(next, '/v1/admin/review/next', { method: 'POST', body: {} })).review
}

/** Leaves it to others. @returns the next one */
export async function skip(id: string, reason: string): Promise<Review | null> {
  const body = { review: id, reason }
  return (await callFor(next, '/v1/admin/review/skip', { method: 'POST', body })).review
}

/** Decides it. @returns the next one */
export async function decide(id: string, decided: Outcome, reason: string): Promise<Review | null> {
  const body = { review: id, outcome: decided, reason }
  await callFor(review, '/v1/admin/review/decide', { method: 'POST', body })
  return await takeNext()
}
