import type { Clock } from '../core/clock.ts'
import type { RequestId } from '../core/ids.ts'

const hour = 3_600_000

export type EgressPolicy = 'off' | 'alert' | 'cut-key' | 'cut-all'

export interface EgressParts {
  readonly clock: Clock
  readonly policy: EgressPolicy
  readonly weightsFrom: number
  readonly fraction: number
  readonly fractionAll: number
  readonly windowHours: number
  /** Told once, until the window has moved on. `account` is null for all together. */
  readonly onAlert: (alert: EgressAlert) => void
}

export interface EgressAlert {
  readonly account: string | null
  readonly bytes: number
  readonly limit: number
  /** Whether it was cut. */
  readonly cut: boolean
}

/** Bytes by hour. */
type Hours = Map<number, number>

const mostAccounts = 100_000
const mostRunning = 10_000

/**
 * Whoever copies weights out through answers, files or a hole that nobody knows of has to move their bytes: what leaves
 * is counted per key and in all, against the size of the weights. In memory of this process; a restart begins anew.
 */
export class Egress {
  readonly #parts: EgressParts
  readonly #all: Hours = new Map()
  readonly #accounts = new Map<string, Hours>()
  /** Those that were too many, null for all together; told, and cut where the policy says so. */
  readonly #over = new Set<string | null>()
  /** Bytes that were counted of answers on their way. */
  readonly #running = new Map<RequestId, number>()
  #smallest: number | null = null

  constructor(parts: EgressParts) {
    this.#parts = parts
  }

  /** The sizes of the weights that are served, in bytes. */
  watch(sizes: readonly number[]): void {
    const watched = sizes.filter((bytes) => bytes >= this.#parts.weightsFrom)
    this.#smallest = watched.length === 0 ? null : Math.min(...watched)
  }

  /** Size of the smallest weights that are watched; null when none are. */
  get smallest(): number | null {
    return this.#parts.policy === 'off' ? null : this.#smallest
  }

  /** Bytes that left within the window, in all. */
  get total(): number {
    return this.#sum(this.#all)
  }

  /** Counts what left. `account` is null when it is not known whose it was. */
  count(account: string | null, bytes: number): void {
    const { policy, clock, fraction, fractionAll } = this.#parts
    if (policy === 'off' || bytes <= 0) return
    const now = Math.floor(clock.now() / hour)
    add(this.#all, now, bytes)
    this.#judge(null, this.#all, fractionAll)
    if (account === null) return
    const own = this.#accounts.get(account) ?? new Map<number, number>()
    if (this.#accounts.size < mostAccounts || this.#accounts.has(account)) this.#accounts.set(account, own)
    add(own, now, bytes)
    this.#judge(account, own, fraction)
  }

  /** Counts a piece of an answer that is still on its way. */
  progress(id: RequestId, account: string, bytes: number): void {
    const before = this.#running.get(id) ?? 0
    this.#running.delete(id)
    this.#running.set(id, before + bytes)
    // Answers of batches end without an exchange: the oldest are forgotten.
    const [oldest] = this.#running.keys()
    if (this.#running.size > mostRunning && oldest !== undefined) this.#running.delete(oldest)
    this.count(account, bytes)
  }

  /** Counts what an exchange took besides what was counted on its way. */
  finish(id: RequestId, account: string | null, bytes: number): void {
    const counted = this.#running.get(id) ?? 0
    this.#running.delete(id)
    this.count(account, bytes - counted)
  }

  /** Whether somebody may have no more. */
  isCut(account: string): boolean {
    const { policy } = this.#parts
    if (policy === 'off' || policy === 'alert') return false
    if (policy === 'cut-all' && this.#isOver(null, this.#all)) return true
    return this.#isOver(account, this.#accounts.get(account))
  }

  #judge(account: string | null, hours: Hours, fraction: number): void {
    if (this.#smallest === null || this.#over.has(account)) return
    const limit = this.#smallest * fraction
    const bytes = this.#sum(hours)
    if (bytes < limit) return
    this.#over.add(account)
    const { policy, onAlert } = this.#parts
    const cut = policy === 'cut-all' || (policy === 'cut-key' && account !== null)
    onAlert({ account, bytes, limit, cut })
  }

  #isOver(account: string | null, hours: Hours | undefined): boolean {
    if (!this.#over.has(account)) return false
    const { fraction, fractionAll } = this.#parts
    const limit = (this.#smallest ?? Number.POSITIVE_INFINITY) * (account === null ? fractionAll : fraction)
    if (hours !== undefined && this.#sum(hours) >= limit) return true
    this.#over.delete(account)
    return false
  }

  #sum(hours: Hours): number {
    const oldest = Math.floor(this.#parts.clock.now() / hour) - this.#parts.windowHours
    let sum = 0
    for (const [at, bytes] of hours) {
      if (at <= oldest) hours.delete(at)
      else sum += bytes
    }
    return sum
  }
}

function add(hours: Hours, at: number, bytes: number): void {
  hours.set(at, (hours.get(at) ?? 0) + bytes)
}
