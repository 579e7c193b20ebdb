import { randomBytes } from 'node:crypto'
import type { Acts } from '../core/acts.ts'
import { elpisError } from '../errors.ts'
import type { CaseStep } from './case.ts'
import { rungs, type Measure, type Rung } from './measure.ts'
import type { Policy } from './policy.ts'
import { validReason } from './reason.ts'
import type { Outcome, Review, ReviewStore } from './review.ts'
import type { Actor, CaseFile } from './standing.ts'
import { actOf, type Steps } from './steps.ts'
import type { CaseStore, NewMeasure } from './store.ts'
import { targetText, type Target } from './target.ts'

interface Parts {
  readonly reviews: ReviewStore
  readonly cases: CaseStore
  readonly steps: Steps
  readonly acts: Acts
  readonly policy: Policy
  readonly now: () => number
}

/** How long whoever took a review may take for it before others can. */
const claimMilliseconds = 15 * 60_000
const mostStatement = 4000

/** Appeals, and steps that wait for a person: each is decided once, by one. */
export class Reviews {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @throws `appeal_waiting`, `appeal_moot`, `reason_invalid` */
  async appeal({ case: found, measures }: CaseFile, by: Actor, statement: string): Promise<Review> {
    const { reviews, cases, acts, now } = this.#parts
    const text = statement.trim()
    if (text === '' || text.length > mostStatement) {
      throw elpisError('reason_invalid', { problem: `it must have 1 to ${mostStatement} characters` })
    }
    const standing = measures.some(
      ({ lifted, until }) => lifted === null && (until === null || until > now()),
    )
    if (!standing) throw elpisError('appeal_moot', { case: found.id })
    const review = this.#reviewOf('appeal', found.target, { caseId: found.id, statement: text })
    const about = targetText(found.target)
    const act = { kind: 'appeal-opened', by, about, details: { case: found.id } } as const
    if (!(await acts.within(act, (entry) => reviews.add(review, entry))))
      throw elpisError('appeal_waiting', { case: found.id })
    await cases.addStep(found.id, this.#step('appealed', by, { review: review.id }))
    return review
  }

  /** Something that only a person may do. Nothing when as much waits already. */
  async propose(target: Target, proposed: Rung): Promise<void> {
    const [open] = await this.#parts.cases.list({ target, state: 'open', limit: 1 })
    const review = this.#reviewOf('step', target, { caseId: open?.id ?? null, proposed })
    await this.#parts.reviews.add(review, null)
  }

  async claim(by: Actor): Promise<Review | null> {
    const { reviews, policy, now } = this.#parts
    return await reviews.claim(by, now(), now() + claimMilliseconds, !policy.secondReviewer)
  }

  /** @throws `review_not_yours`, `reason_invalid` */
  async skip(id: string, by: Actor, reason: string): Promise<void> {
    const { reviews, cases, now } = this.#parts
    const line = validReason(reason)
    const review = await this.#found(id)
    if (!(await reviews.skip(id, by, now()))) throw elpisError('review_not_yours', { review: id })
    if (review.caseId === null) return
    await cases.addStep(review.caseId, this.#step('review-skipped', by, { review: id, reason: line }))
  }

  /**
   * @throws `review_not_yours`, `outcome_wrong`, `reason_invalid`
   */
  async decide(id: string, outcome: Outcome, by: Actor, reason: string): Promise<Review> {
    const { reviews, acts, steps, now } = this.#parts
    const line = validReason(reason)
    const review = await this.#found(id)
    const fits: readonly Outcome[] =
      review.kind === 'appeal' ? ['upheld', 'reversed'] : ['taken', 'dismissed']
    if (!fits.includes(outcome))
      throw elpisError('outcome_wrong', { kind: review.kind, outcomes: fits.join(' or ') })
    const kind = review.kind === 'appeal' ? 'appeal-decided' : 'standing-changed'
    const overturned = kind === 'appeal-decided' ? { overturned: outcome === 'reversed' } : {}
    const details = { review: id, outcome, case: review.caseId, ...overturned }
    const act = { kind, by, about: targetText(review.target), details } as const
    const step = this.#step(review.kind === 'appeal' ? 'appeal-decided' : 'review-decided', by, {
      review: id,
      outcome,
      reason: line,
    })
    const decision = { outcome, at: now(), by, reason: line }
    const measure = outcome === 'taken' ? this.#measureOf(review, by, line) : null
    const about = targetText(review.target)
    const lifted = { kind: 'standing-changed', by, about, details: { rung: null, lifted: true } } as const
    let changed: readonly Measure[] | null = null
    // Decided and done, or neither: a server that dies between the two would leave somebody barred who is not to be.
    await acts.within(measure === null ? lifted : actOf(measure), async (consequence) => {
      changed = await acts.within(act, (entry) =>
        reviews.decide(id, { decision, step, measure, entry, consequence }),
      )
      // Most decisions leave all as it was: then nothing was lifted.
      return changed !== null && changed.length > 0
    })
    if (changed === null) throw elpisError('review_not_yours', { review: id })
    steps.takeOver(changed)
    return await this.#found(id)
  }

  #measureOf({ target, proposed }: Review, by: Actor, reason: string): NewMeasure {
    const { steps, policy } = this.#parts
    const rung = proposed ?? rungs[0]
    return steps.measureOf({ target, rung, reason, lasts: policy.lasts[rung] }, by)
  }

  async #found(id: string): Promise<Review> {
    const found = await this.#parts.reviews.find(id)
    if (found === null) throw elpisError('review_not_yours', { review: id.slice(0, 60) })
    return found
  }

  #step(kind: CaseStep['kind'], by: Actor, detail: CaseStep['detail']): CaseStep {
    return { at: this.#parts.now(), kind, by, detail }
  }

  #reviewOf(kind: Review['kind'], target: Target, more: Partial<Review>): Review {
    const nothing = { caseId: null, proposed: null, statement: null, claim: null, decided: null }
    const id = `rev_${randomBytes(12).toString('hex')}`
    return { ...nothing, ...more, id, kind, target, createdAt: this.#parts.now() }
  }
}
