import type { ActLeaf } from '../core/acts.ts'
import type { CaseId } from '../core/ids.ts'
import type { Rung } from './measure.ts'
import type { Target } from './target.ts'

/** Of an appeal: `upheld` leaves what was decided, `reversed` undoes it. Of a step: taken, or not. */
export type Outcome = 'upheld' | 'reversed' | 'taken' | 'dismissed'

/** Something that a person must decide. */
export interface Review {
  readonly id: string
  readonly kind: 'appeal' | 'step'
  readonly target: Target
  /** Null for a step against somebody who has no case yet. */
  readonly caseId: CaseId | null
  /** Of a step: what the ladder asks for. */
  readonly proposed: Rung | null
  /** Of an appeal: what whoever it concerns says. Shown to reviewers, written nowhere else. */
  readonly statement: string | null
  readonly createdAt: number
  readonly claim: { readonly by: string; readonly until: number } | null
  readonly decided: Decision | null
}

export interface Decision {
  readonly outcome: Outcome
  readonly at: number
  readonly by: string
  readonly reason: string
}

export interface ReviewStore {
  /**
   * @param entry appended with it
   * @returns false, with nothing changed, when one of this kind waits for this target already
   */
  add(review: Review, entry: ActLeaf | null): Promise<boolean>
  /**
   * The oldest that nobody holds, which they did not skip, and which is no appeal against their own decision; or the one
   * that they hold already. Never given to two at the same time.
   */
  claim(by: string, now: number, until: number, alsoOwn: boolean): Promise<Review | null>
  /** Gives it back for others. @returns false when they do not hold it */
  skip(id: string, by: string, now: number): Promise<boolean>
  /**
   * @param entry appended with it
   * @returns false, with nothing changed, when they do not hold it
   */
  decide(id: string, decision: Decision, entry: ActLeaf | null): Promise<boolean>
  find(id: string): Promise<Review | null>
  /** The oldest first. */
  list(filter: { kind?: Review['kind']; waiting: boolean; limit: number }): Promise<Review[]>
}
