import type { Clock } from '../core/clock.ts'
import { RecentMap } from '../core/recent-map.ts'
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

/** Bytes that left in one hour since the epoch; `account` is null for all together. */
export interface EgressHour {
  readonly account: string | null
  readonly hour: number
  readonly bytes: number
}

/** Bytes by hour. */
type Hours = Map<number, number>

const mostAccounts = 100_000
const mostRunning = 10_000

/**
 * Whoever copies weights out through answers, files or a hole that nobody knows of has to move their bytes: what leaves
 * is counted per key and in all, against the size of the weights. Counting is in memory; `EgressLedger` writes down what
 * was counted, and brings in what others counted and what was counted before a start.
 */
export class Egress {
  readonly #parts: EgressParts
  readonly #all: Hours = new Map()
  /** The one that had something least lately first. */
  readonly #accounts = new Map<string, Hours>()
  /** What was counted here and is not written down. */
  readonly #unwritten = new Map<string | null, Hours>()
  /** Those that were too many, null for all together; told, and cut where the policy says so. */
  readonly #over = new Set<string | null>()
  /** Bytes that were counted of answers on their way. Answers of batches end without an exchange: the oldest are forgotten. */
  readonly #running = new RecentMap<RequestId, number>(mostRunning)
  #smallest: number | null = null

  constructor(parts: EgressParts) {
    this.#parts = parts
  }

  /** The sizes of the weights that are served, in bytes. */
  watch(sizes: readonly number[]): void {
    const watched = sizes.filter((bytes) => bytes >= this.#parts.weightsFrom)
    this.#smallest = watched.length === 0 ? null : Math.min(...watched)
    this.#judge(null)
    for (const account of this.#accounts.keys()) this.#judge(account)
  }

  /** Size of the smallest weights that are watched; null when none are. */
  get smallest(): number | null {
    return this.#parts.policy === 'off' ? null : this.#smallest
  }

  /** Bytes that left within the window, in all. */
  get total(): number {
    return this.#bytesOf(null)
  }

  /** Counts what left. `account` is null when it is not known whose it was. */
  count(account: string | null, bytes: number): void {
    const { policy, clock } = this.#parts
    if (policy === 'off' || bytes <= 0) return
    const now = Math.floor(clock.now() / hour)
    for (const whose of account === null ? [null] : [null, account]) {
      const hours = this.#hoursOf(whose)
      add(hours, now, bytes)
      const unwritten = this.#unwritten.get(whose) ?? new Map<number, number>()
      this.#unwritten.set(whose, unwritten)
      add(unwritten, now, bytes)
      this.#judge(whose)
    }
  }

  /** What was counted here since this was last asked, to be written down. */
  takeUnwritten(): EgressHour[] {
    const taken = [...this.#unwritten].flatMap(([account, hours]) =>
      [...hours].map(([at, bytes]) => ({ account, hour: at, bytes })),
    )
    this.#unwritten.clear()
    return taken
  }

  /** Takes over what is written down by all servers together; what was counted here since comes on top. */
  learn(written: readonly EgressHour[]): void {
    for (const { account, hour: at, bytes } of written) {
      this.#hoursOf(account).set(at, bytes + (this.#unwritten.get(account)?.get(at) ?? 0))
    }
    for (const account of new Set(written.map((each) => each.account))) this.#judge(account)
  }

  /** The first hour that counts. */
  get oldest(): number {
    return Math.floor(this.#parts.clock.now() / hour) - this.#parts.windowHours + 1
  }

  /** Counts a piece of an answer that is still on its way. */
  progress(id: RequestId, account: string, bytes: number): void {
    this.#running.set(id, (this.#running.peek(id) ?? 0) + bytes)
    this.count(account, bytes)
  }

  /** Counts what an exchange took besides what was counted on its way. */
  finish(id: RequestId, account: string | null, bytes: number): void {
    const counted = this.#running.peek(id) ?? 0
    this.#running.delete(id)
    this.count(account, bytes - counted)
  }

  /** Whether somebody may have no more. */
  isCut(account: string): boolean {
    const { policy } = this.#parts
    if (policy === 'off' || policy === 'alert') return false
    if (policy === 'cut-all' && this.#isOver(null)) return true
    return this.#isOver(account)
  }

  #hoursOf(account: string | null): Hours {
    if (account === null) return this.#all
    const known = this.#accounts.get(account)
    if (known === undefined) this.#makeRoom()
    else this.#accounts.delete(account)
    const hours: Hours = known ?? new Map()
    this.#accounts.set(account, hours)
    return hours
  }

  /** Forgets those that had nothing within the window and, beyond the bound, the one whose last is longest ago. Whoever is over stays. */
  #makeRoom(): void {
    for (const account of this.#accounts.keys()) {
      if (this.#isOver(account)) continue
      if (this.#accounts.size < mostAccounts && this.#bytesOf(account) > 0) return
      this.#accounts.delete(account)
    }
  }

  #judge(account: string | null): void {
    if (this.#over.has(account)) return
    const [bytes, limit] = [this.#bytesOf(account), this.#limitOf(account)]
    if (bytes < limit) return
    this.#over.add(account)
    const { policy, onAlert } = this.#parts
    const cut = policy === 'cut-all' || (policy === 'cut-key' && account !== null)
    onAlert({ account, bytes, limit, cut })
  }

  #isOver(account: string | null): boolean {
    if (!this.#over.has(account)) return false
    if (this.#bytesOf(account) >= this.#limitOf(account)) return true
    this.#over.delete(account)
    return false
  }

  #limitOf(account: string | null): number {
    const { fraction, fractionAll } = this.#parts
    return (this.#smallest ?? Number.POSITIVE_INFINITY) * (account === null ? fractionAll : fraction)
  }

  /** Within the window. */
  #bytesOf(account: string | null): number {
    const hours = account === null ? this.#all : this.#accounts.get(account)
    if (hours === undefined) return 0
    const oldest = this.oldest
    let sum = 0
    for (const [at, bytes] of hours) {
      if (at < oldest) hours.delete(at)
      else sum += bytes
    }
    return sum
  }
}

function add(hours: Hours, at: number, bytes: number): void {
  hours.set(at, (hours.get(at) ?? 0) + bytes)
}
