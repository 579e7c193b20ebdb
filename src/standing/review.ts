import type { ActLeaf } from '../core/acts.ts'
import type { CaseId } from '../core/ids.ts'
import type { CaseStep } from './case.ts'
import type { Measure, Rung } from './measure.ts'
import type { NewMeasure } from './store.ts'
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
  /** Of a step: what the ladder, a rule or a policy of the guard asks for. */
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

/** A decision with all that is written down with it, as one. */
export interface Deciding {
  readonly decision: Decision
  /** For the case, if there is one. */
  readonly step: CaseStep
  /** Begins with it: of a step that is taken. */
  readonly measure: NewMeasure | null
  readonly entry: ActLeaf | null
  /** Appended as well where something ends or begins. */
  readonly consequence: ActLeaf | null
}

export interface ReviewFilter {
  readonly kind?: Review['kind']
  readonly caseId?: CaseId
  readonly waiting: boolean
  readonly limit: number
}

export interface ReviewStore {
  /**
   * A step that waits for this target already, asks for less and is held by nobody asks for as much as this one from then on.
   *
   * @param entry appended with it
   * @returns false, with nothing changed, when one of this kind that asks for as much waits for this target already
   */
  add(review: Review, entry: ActLeaf | null): Promise<boolean>
  /**
   * The oldest that nobody holds, which they did not skip, which does not concern themselves and is no appeal against
   * their own decision; or the one that they hold already. Never given to two at the same time.
   *
   * @param alsoOwn what concerns themselves and what they decided as well
   */
  claim(by: string, now: number, until: number, alsoOwn: boolean): Promise<Review | null>
  /** Gives it back for others. @returns false when they do not hold it */
  skip(id: string, by: string, now: number): Promise<boolean>
  /**
   * Decides it, and does what follows: a reversed appeal ends all that is in force against its target and takes the
   * strikes back, a step that is taken begins.
   *
   * @returns the measures that ended or began; null, with nothing changed, when they do not hold it
   */
  decide(id: string, deciding: Deciding): Promise<readonly Measure[] | null>
  find(id: string): Promise<Review | null>
  /** The oldest first. */
  list(filter: ReviewFilter): Promise<Review[]>
}
