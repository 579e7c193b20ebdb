import type { CaseId } from '../core/ids.ts'
import type { Principal } from '../core/principal.ts'
import type { Signal } from '../core/verdict.ts'
import type { MarkKind } from './blur.ts'
import type { Case, CaseStep } from './case.ts'
import type { Link } from './evasion.ts'
import type { StandingEvent } from './event.ts'
import type { Contribution } from './ladder.ts'
import type { Measure, Rung } from './measure.ts'
import type { Policy } from './policy.ts'
import type { Outcome, Review } from './review.ts'
import type { RulesDryRun } from './rules/dry-run.ts'
import type { RuleSet } from './rules/rule-set.ts'
import type { Proposals } from './proposals.ts'
import type { Shutdowns } from './shutdowns.ts'
import type { Target } from './target.ts'
import type { Inbound } from './webhooks/inbound.ts'

/** Somebody who acts on the standing of others: a person's or key's id, `owner` for whoever runs the server. */
export type Actor = string

export interface Step {
  readonly target: Target
  readonly rung: Rung
  readonly reason: string
  /** Milliseconds; null for good. */
  readonly lasts: number | null
}

export interface Lifting {
  readonly target: Target
  /** Only measures of this rung; null for all. */
  readonly rung: Rung | null
  readonly reason: string
}

/** What the pipeline is told of somebody who may go on. */
export interface Cleared {
  readonly level: 'good' | 'warned' | 'restricted'
  /** Aborted with `suspended`, `banned` or `shut_down` the moment it holds. */
  readonly barred: AbortSignal
  /** Must be called once. */
  release(): void
}

/** How somebody stands, with all that it comes from. */
export interface Explanation {
  readonly target: Target
  readonly policy: Policy
  readonly score: number
  readonly strikes: readonly Contribution[]
  readonly measures: readonly Measure[]
  readonly cases: readonly Case[]
}

/** A case with all that happened in it. */
export interface CaseFile {
  readonly case: Case
  readonly steps: readonly CaseStep[]
  readonly measures: readonly Measure[]
  /** The oldest first, also those that are decided. */
  readonly appeals: readonly Review[]
}

/** Who behaves, and what is done about those who do not. */
export interface Standing {
  /**
   * Lets one piece of work begin. From memory.
   *
   * @throws `shut_down`, `suspended`, `banned`, `restricted_limit`, an error of storage while the store cannot be reached
   */
  clear(principal: Principal): Promise<Cleared>
  /**
   * What somebody typed, as a target: names and e-mail addresses stand for ids.
   *
   * @throws `target_invalid`
   */
  target(text: string): Target
  /** What a key, person or organisation is called; null for all else, and where nobody of that id is here. */
  nameOf(target: Target): string | null
  /** Whether the target is that person or key, or a key of that person. */
  isOf(target: Target, actor: Actor): boolean
  /** As `clear`, where nothing runs that could be ended. @throws `suspended`, `banned` */
  check(principal: Principal): void
  /** @throws an error of storage while the store cannot be reached: nobody is cleared then */
  mustBeCurrent(): void
  /** For what serves nobody while everything is shut down. @throws `shut_down` */
  mustBeOpen(): void
  /** Stops everybody at once, and lets them back in. */
  readonly shutdowns: Shutdowns
  /** What is too grave for one person. */
  readonly proposals: Proposals
  /** Takes a signal in. What follows from it does so within a second. */
  signal(signal: Signal): void
  /** A strike that a person or another system gives. */
  strike(
    target: Target,
    strike: Pick<StandingEvent, 'source' | 'hazard' | 'severity' | 'note'>,
  ): Promise<void>
  /**
   * Takes a step against somebody; what they are running ends at once where it bars them.
   *
   * @throws `reason_invalid`
   */
  act(step: Step, by: Actor): Promise<Measure>
  /** Ends measures before their time. @throws `measure_not_found`, `reason_invalid` */
  lift(lifting: Lifting, by: Actor): Promise<Measure[]>
  /** Measures, newest first, at most 1,000. */
  measures(filter: { target?: Target; rung?: Rung; past?: boolean }): Promise<Measure[]>
  explain(target: Target): Promise<Explanation>
  /** Others who were met with the same, those with most in common first: for reviewers, never for those concerned. */
  links(target: Target): Promise<Link[]>
  /** Takes in what is known of somebody from elsewhere, such as how they pay; a keyed hash of it is kept. */
  mark(target: Target, kind: MarkKind, value: string): Promise<void>
  cases(filter: { target?: Target; state?: Case['state'] }): Promise<Case[]>
  /** @param concerning only when the case concerns them; null for those who may see all. @throws `case_not_found` */
  caseFile(id: CaseId, concerning: Principal | null): Promise<CaseFile>
  /** Cases that concern whoever asks. */
  casesOf(principal: Principal): Promise<Case[]>
  /** An appeal against all that is in force in a case. @throws `case_not_found`, `appeal_waiting`, `appeal_moot` */
  appeal(id: CaseId, by: Principal, statement: string): Promise<Review>
  /** What waits for a person, the oldest first, at most 1,000. */
  reviews(filter: { kind?: Review['kind']; waiting: boolean }): Promise<Review[]>
  /** One of them; null when it is not there. */
  review(id: string): Promise<Review | null>
  /** The next one that `by` may decide; null when there is none. */
  claimReview(by: Actor): Promise<Review | null>
  /** @throws `review_not_yours`, `reason_invalid` */
  skipReview(id: string, by: Actor, reason: string): Promise<void>
  /** @throws `review_not_yours`, `outcome_wrong`, `reason_invalid` */
  decideReview(id: string, outcome: Outcome, by: Actor, reason: string): Promise<Review>
  /** Rules over behaviour that are switched on. */
  readonly rules: readonly RuleSet[]
  /**
   * What rules would have done since then, had they been in force.
   *
   * @throws `rules_invalid`
   */
  dryRunRules(toml: string, since: number): Promise<RulesDryRun>
  /** What other systems tell. */
  readonly inbound: Inbound
  /** Closes a case in which nothing is in force. @throws `case_not_found`, `case_in_force`, `reason_invalid` */
  closeCase(id: CaseId, reason: string, by: Actor): Promise<void>
  /** Ends what is over, rewards good conduct, forgets what is old. Runs every minute by itself. */
  sweep(): Promise<void>
  /** Writes what waits and resolves when it has had its consequences. */
  settled(): Promise<void>
  /** Writes what waits and stops watching the store. Does not close it. */
  close(): Promise<void>
}
