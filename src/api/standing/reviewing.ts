/** The review queue: appeals, and steps that wait for a person. */
import { z } from 'zod'
import { rungs } from '../../standing/measure.ts'
import type { Review } from '../../standing/review.ts'
import type { Standing } from '../../standing/standing.ts'
import { targetText } from '../../standing/target.ts'
import { iso, nameField, reasonField, time } from './measures.ts'
import { defineOperation, mustBe, type Acting } from './operation.ts'

const outcomes = ['upheld', 'reversed', 'taken', 'dismissed'] as const

export const reviewView = z.object({
  id: z.string(),
  kind: z.enum(['appeal', 'step']),
  target: z.string(),
  name: nameField,
  case: z.string().nullable(),
  proposed: z.enum(rungs).nullable(),
  statement: z.string().nullable().describe('What whoever it concerns says.'),
  created_at: time,
  claimed_by: z.string().nullable(),
  claimed_until: time.nullable(),
  decided: z.object({ outcome: z.enum(outcomes), at: time, by: z.string(), reason: z.string() }).nullable(),
  actions: z.array(z.enum(outcomes)).describe('What your role may decide here.'),
})

export type ReviewView = z.output<typeof reviewView>

/** What a role may decide: nothing else is offered to it. */
export function actionsOf({ kind, proposed }: Review, { role }: Acting): ReviewView['actions'] {
  const manages = role === 'owner' || role === 'admin'
  if (!manages && role !== 'reviewer') return []
  if (kind === 'appeal') return ['upheld', 'reversed']
  return manages || proposed !== 'banned' ? ['taken', 'dismissed'] : ['dismissed']
}

function viewOf(standing: Standing, review: Review, by: Acting): ReviewView {
  const { id, kind, target, caseId, proposed, statement, createdAt, claim, decided } = review
  return {
    id,
    kind,
    target: targetText(target),
    name: standing.nameOf(target),
    case: caseId,
    proposed,
    statement,
    created_at: iso(createdAt),
    claimed_by: claim?.by ?? null,
    claimed_until: claim === null ? null : iso(claim.until),
    decided: decided === null ? null : { ...decided, at: iso(decided.at) },
    actions: decided === null ? actionsOf(review, by) : [],
  }
}

const reviewList = z.object({ reviews: z.array(reviewView) })
const nextReview = z.object({
  review: reviewView.nullable().describe('Null when there is none that you may decide.'),
  waiting: z
    .int()
    .describe(
      'How many wait in all: also with others, skipped by you, about yourself or against your decisions.',
    ),
})
const reviewId = z.string().min(1).max(60)

export const listReviews = defineOperation({
  name: 'review.list',
  summary: 'List what waits for a person, the oldest first',
  method: 'GET',
  path: '/v1/admin/review',
  needs: 'standing.read',
  input: z.strictObject({
    kind: z.enum(['appeal', 'step']).optional(),
    past: z.union([z.boolean(), z.stringbool()]).optional().describe('Those that are decided as well.'),
  }),
  output: reviewList,
  async run(standing, { kind, past }, by) {
    const filter = kind === undefined ? { waiting: past !== true } : { kind, waiting: past !== true }
    return { reviews: (await standing.reviews(filter)).map((review) => viewOf(standing, review, by)) }
  },
})

export const claimReview = defineOperation({
  name: 'review.next',
  summary: 'Take the next review; nobody else gets it for 15 minutes',
  method: 'POST',
  path: '/v1/admin/review/next',
  needs: 'standing.act',
  input: z.strictObject({}),
  output: nextReview,
  async run(standing, _input, by) {
    const review = await standing.claimReview(by.id)
    const { length: waiting } = await standing.reviews({ waiting: true })
    return { review: review === null ? null : viewOf(standing, review, by), waiting }
  },
})

export const skipReview = defineOperation({
  name: 'review.skip',
  summary: 'Leave a review to others, say why, and take the next one',
  method: 'POST',
  path: '/v1/admin/review/skip',
  needs: 'standing.act',
  input: z.strictObject({ review: reviewId, reason: reasonField }),
  output: nextReview,
  async run(standing, { review, reason }, by) {
    await standing.skipReview(review, by.id, reason)
    return await claimReview.run(standing, {}, by)
  },
})

export const decideReview = defineOperation({
  name: 'review.decide',
  summary: 'Decide a review that you took',
  method: 'POST',
  path: '/v1/admin/review/decide',
  needs: 'standing.act',
  input: z.strictObject({ review: reviewId, outcome: z.enum(outcomes), reason: reasonField }),
  output: reviewView,
  async run(standing, { review, outcome, reason }, by) {
    const found = await standing.review(review)
    if (found !== null && outcome === 'taken' && !actionsOf(found, by).includes(outcome)) {
      mustBe(by, ['owner', 'admin'])
    }
    return viewOf(standing, await standing.decideReview(review, outcome, by.id, reason), by)
  },
})
