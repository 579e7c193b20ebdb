import type { ActLeaf } from '../../core/acts.ts'
import type { Quota } from './quota.ts'

/** Asks for a part of a quota, to spend without asking again. */
export interface Taking {
  readonly counter: string
  readonly start: number
  readonly resetsAt: number
  /** All that the quota allows. */
  readonly limit: number
  /** Nothing is taken if not so much is left. */
  readonly need: number
  /** Most that is worth taking. */
  readonly want: number
}

export interface Taken {
  /** 0 when it was refused. */
  readonly granted: number
  /** What is left for anybody, after this. */
  readonly remaining: number
}

/** What became of what was taken. */
export interface Settling {
  readonly counter: string
  readonly start: number
  readonly resetsAt: number
  /** Of the lease: it stays spent. */
  readonly spent: number
  /** Of the lease: others may have it. */
  readonly returned: number
  /** Spent without having been taken: more than was foreseen. */
  readonly over: number
}

/**
 * Counters of quotas. `used` of a counter is what was spent plus what is out on lease, so that all leases and all that was
 * spent never pass the limit together. A lease whose holder is gone ends by itself, and what it had left comes back.
 */
export interface QuotaStore {
  list(): Promise<Quota[]>
  /** In place of one for the same subject, model, meter and period; `entry` is appended with it. */
  set(quota: Quota, entry: ActLeaf | null): Promise<void>
  /** False, with nothing appended, when it was not there. */
  remove(id: string, entry: ActLeaf | null): Promise<boolean>
  take(holder: string, takings: readonly Taking[], now: number, expiresAt: number): Promise<Taken[]>
  /** @returns for each whether its lease still holds; where it does not, what was left of it has come back already */
  settle(holder: string, settlings: readonly Settling[], expiresAt: number): Promise<boolean[]>
  /** What is used of these counters, leases included; 0 for those that nobody asked yet. */
  used(counters: readonly { readonly counter: string; readonly start: number }[]): Promise<number[]>
  /** Ends leases that have expired, and forgets periods that are over. */
  prune(now: number): Promise<void>
}
