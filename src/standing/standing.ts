import type { Principal } from '../core/principal.ts'
import type { Measure, Rung } from './measure.ts'
import type { Target } from './target.ts'

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
  /** Aborted with `suspended` or `banned` the moment it holds. */
  readonly barred: AbortSignal
  /** Must be called once. */
  release(): void
}

/** Who behaves, and what is done about those who do not. */
export interface Standing {
  /** From memory. @throws `suspended`, `banned`, an error of storage while the store cannot be reached */
  clear(principal: Principal): Promise<Cleared>
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
  /** Stops watching the store. Does not close it. */
  close(): Promise<void>
}
