import type { Measures, UsageRecord } from './record.ts'

/** What usage can be asked by, as the API names it. */
export const dimensions = ['organisation', 'person', 'key', 'end_user', 'model', 'adapter'] as const
export type Dimension = (typeof dimensions)[number]

export type Filter = Readonly<Partial<Record<Dimension, string | null>>>

export interface UsageQuestion {
  /** Epoch milliseconds of a whole minute, inclusive. */
  readonly since: number
  /** Exclusive. */
  readonly until: number
  readonly where: Filter
  readonly groupBy: readonly Dimension[]
  /** Milliseconds to which the start of a row is rounded down; null: one row for all time asked for. */
  readonly interval: number | null
  /** Most rows; one more is returned when there are more. */
  readonly limit: number
}

export interface UsageRow extends Measures {
  /** Epoch milliseconds; null without an interval. */
  readonly start: number | null
  readonly group: Readonly<Partial<Record<Dimension, string | null>>>
}

/** How long usage is kept at each fineness, in milliseconds. */
export interface UsageRetention {
  /** Settled records of their own, so that one that is written again is known; then by the minute. */
  readonly records: number
  readonly minutes: number
  readonly hours: number
  readonly days: number
}

/** Every method is one transaction, done and durable when its promise resolves. */
export interface UsageStore {
  /** Does nothing for an entry that has its record. */
  settle(record: UsageRecord): Promise<void>
  /**
   * Moves what is old enough to the next coarser table: every record is counted in exactly one place, before and after.
   *
   * @returns whether there is more to do at once
   */
  rollUp(now: number, retention: UsageRetention): Promise<boolean>
  /** Rows by start, then by group. */
  ask(question: UsageQuestion): Promise<UsageRow[]>
}
