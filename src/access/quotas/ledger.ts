/**
 * Quotas, spent from memory. A lease is a part of one counter that this process took from the store; requests reserve
 * from it, spend, and give back the rest, so that most of them ask the store nothing.
 *
 * Invariant, for each counter: used(store) = Σ told + Σ leases, and each lease = left + Σ reserved + spent but not told.
 * The store grants no lease that would pass the limit, and nobody reserves more than is left of a lease; so however many
 * ask at once, the limit holds. Only `over`, what a request used beyond its reservation, may pass it, and it is counted.
 *
 * Each amount is told to the store until it is acknowledged. When an acknowledgement is lost, it counts twice: the
 * ledger errs towards less for whoever asks, never towards more than the limit.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { Claim } from './quota.ts'
import type { QuotaStore, Settling } from './store.ts'

const flushMilliseconds = 500
/** The store takes a lease back when its holder has not renewed it for so long: the holder must have stopped using it by then. */
const leaseMilliseconds = 60_000
/** A lease is given up so long before it expires: clocks of processes differ, and a thread may stand still in between. */
const marginMilliseconds = 10_000
/** What is left of a lease goes back to the store after nobody reserved from it for so long. */
const idleMilliseconds = 3000
/** For so long after the store refused, requests are refused without asking it again. */
const refusalMilliseconds = 200
/** Between two clean-ups of expired leases and of periods that are over. */
const pruneMilliseconds = 600_000
/** A lease is taken for so many requests like the one that needs it. */
const mostAhead = 64

/** A part of one counter that was taken from the store. */
interface Lease {
  readonly claim: Claim
  /** Free to be reserved. */
  left: number
  /** Used up within reservations; the store has not been told yet. */
  spent: number
  /** Used up beyond reservations; the store has not been told yet. */
  over: number
  /** How many reservations are not released. */
  open: number
  /** What the store had left for other leases when it was last asked. */
  remaining: number
  /** When the store last refused for want of quota. */
  refusedAt: number
  /** When somebody last reserved from it. */
  usedAt: number
  expiresAt: number
  /** The store has taken it back: what its reservations still use counts as `over`. */
  ended: boolean
}

/** What is reserved for one request, of each claim's lease. Settled at most once, then released. */
export interface Reservation {
  /** @param spent for each claim, in their order; more than was reserved is counted as `over` */
  settle(spent: readonly number[]): void
  /** Gives the reservation back to its leases, unless it was settled. */
  release(): void
}

export type Reserved =
  | { readonly refused: Claim; readonly remaining: number }
  | { readonly refused: null; readonly reservation: Reservation; readonly remaining: readonly number[] }

export class QuotaLedger {
  readonly #store: QuotaStore
  readonly #clock: Clock
  readonly #holder = `holder_${randomUUID()}`
  readonly #leases = new Map<string, Lease>()
  /** Calls of the store go one after another: a request that waits may find that the lease taken before is enough for it. */
  #asking: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null
  /** Amounts to be told that belong to no live lease: it has ended, or the store refused the last telling. */
  #late: Settling[] = []
  #prunedAt = 0

  constructor(store: QuotaStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Reserves all of the claims, or none of them and names the claim that stands in the way. */
  async reserve(claims: readonly Claim[]): Promise<Reserved> {
    const now = this.#clock.now()
    const known = this.#fromHere(claims, now) ?? this.#refusedLately(claims, now)
    if (known !== null) return known
    const answer = this.#asking.then(() => this.#ask(claims))
    this.#asking = answer.catch(() => {})
    return await answer
  }

  /** Tells the store what was spent and gives back the rest. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#asking
    await this.#flush(true)
  }

  async #ask(claims: readonly Claim[]): Promise<Reserved> {
    const now = this.#clock.now()
    const known = this.#fromHere(claims, now) ?? this.#refusedLately(claims, now)
    if (known !== null) return known
    const lacking = claims.filter((claim) => this.#leftOf(claim, now) < claim.amount)
    const takings = lacking.map((claim) => {
      const need = claim.amount - this.#leftOf(claim, now)
      const { counter, start, resetsAt, quota } = claim
      return { counter, start, resetsAt, limit: quota.amount, need, want: need * mostAhead }
    })
    const expiresAt = now + leaseMilliseconds
    const taken = await this.#store.take(this.#holder, takings, now, expiresAt)
    for (const [index, claim] of lacking.entries()) {
      const { granted = 0, remaining = 0 } = taken[index] ?? {}
      this.#receive(claim, granted, remaining, now, expiresAt)
    }
    this.#flushLater()
    return this.#fromHere(claims, now) ?? this.#refusal(claims, now)
  }

  /** Reserves all claims from leases that are here; null, with nothing reserved, when one of them has not enough. */
  #fromHere(claims: readonly Claim[], now: number): Reserved | null {
    if (!claims.every((claim) => this.#leftOf(claim, now) >= claim.amount)) return null
    const leases = claims
      .map((claim) => this.#leases.get(nameOf(claim)))
      .filter((lease) => lease !== undefined)
    for (const [index, lease] of leases.entries()) {
      lease.left -= claims[index]?.amount ?? 0
      lease.open++
      lease.usedAt = now
    }
    const remaining = leases.map(({ left, remaining }) => left + remaining)
    return { refused: null, reservation: this.#reservation(claims, leases), remaining }
  }

  /** Refuses without asking the store when it refused just now; null when it must be asked. */
  #refusedLately(claims: readonly Claim[], now: number): Reserved | null {
    const fresh = claims.filter((claim) => {
      const lease = this.#leases.get(nameOf(claim))
      return lease !== undefined && now - lease.refusedAt < refusalMilliseconds
    })
    return fresh.some((claim) => this.#reachOf(claim, now) < claim.amount) ? this.#refusal(fresh, now) : null
  }

  #refusal(claims: readonly Claim[], now: number): Reserved {
    // Another process may have taken what the store said was left: then no claim is short by what is known here, and
    // the one with the least left is named.
    const scarcest = claims.toSorted(
      (one, other) => this.#reachOf(one, now) / one.amount - this.#reachOf(other, now) / other.amount,
    )[0] as Claim
    return { refused: scarcest, remaining: Math.max(0, this.#reachOf(scarcest, now)) }
  }

  #reservation(claims: readonly Claim[], leases: readonly Lease[]): Reservation {
    let settled = false
    let released = false
    const each = (of: (lease: Lease, reserved: number, index: number) => void) => {
      for (const [index, lease] of leases.entries()) of(lease, claims[index]?.amount ?? 0, index)
      this.#flushLater()
    }
    return {
      settle: (spent) => {
        if (settled || released) return
        settled = true
        each((lease, reserved, index) => {
          // A stream is used as long as it runs: its reservation goes back when it is released.
          if (lease.claim.quota.meter === 'streams') return
          const used = Math.max(0, Math.ceil(spent[index] ?? 0))
          if (lease.ended) this.#late.push({ ...settlingOf(lease, 0), spent: 0, over: used })
          else spend(lease, reserved, used)
        })
      },
      release: () => {
        if (released) return
        released = true
        each((lease, reserved) => {
          lease.open--
          if (!settled || lease.claim.quota.meter === 'streams') lease.left += reserved
        })
      },
    }
  }

  #receive(claim: Claim, granted: number, remaining: number, now: number, expiresAt: number): void {
    const known = this.#live(claim, now)
    const lease = known ?? {
      claim,
      left: 0,
      spent: 0,
      over: 0,
      open: 0,
      remaining,
      refusedAt: 0,
      usedAt: now,
      expiresAt,
      ended: false,
    }
    lease.left += granted
    lease.remaining = remaining
    if (granted > 0) lease.expiresAt = expiresAt
    else lease.refusedAt = now
    this.#leases.set(nameOf(claim), lease)
  }

  /** What the lease of this claim's counter has left; 0 without a lease. */
  #leftOf(claim: Claim, now: number): number {
    return this.#live(claim, now)?.left ?? 0
  }

  /** What the lease has left and what the store had left; infinite while nothing is known of the counter. */
  #reachOf(claim: Claim, now: number): number {
    const lease = this.#live(claim, now)
    return lease === undefined ? Number.POSITIVE_INFINITY : lease.left + lease.remaining
  }

  /** The lease of this claim's counter, unless it is about to expire. */
  #live(claim: Claim, now: number): Lease | undefined {
    const lease = this.#leases.get(nameOf(claim))
    if (lease === undefined) return undefined
    if (now < lease.expiresAt - marginMilliseconds) return lease
    this.#retire(lease)
    return undefined
  }

  /** Ends a lease that the store has taken back or is about to. Its reservations are settled as `over`. */
  #retire(lease: Lease): void {
    this.#leases.delete(nameOf(lease.claim))
    if (lease.spent + lease.over > 0) this.#late.push(settlingOf(lease, 0))
    Object.assign(lease, { spent: 0, over: 0, left: 0, ended: true })
  }

  #flushLater(): void {
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#asking = this.#asking.then(() => this.#flush(false)).catch(() => {})
    }, flushMilliseconds)
    this.#timer.unref()
  }

  /** Apart from settling: a clean-up that fails must not make what was settled be told again. */
  async #prune(now: number): Promise<void> {
    if (now - this.#prunedAt <= pruneMilliseconds) return
    this.#prunedAt = now
    // Tried again after the next pause; until then expired leases stay where they are.
    await this.#store.prune(now).catch(() => {})
  }

  /** Tells the store what was spent, gives back idle leases and renews the others. @param all gives back everything; throws when that fails */
  async #flush(all: boolean): Promise<void> {
    const now = this.#clock.now()
    for (const lease of this.#leases.values()) this.#live(lease.claim, now)
    const settlings = this.#late
    this.#late = []
    const told: (Lease | null)[] = settlings.map(() => null)
    for (const lease of this.#leases.values()) {
      const idle = all || now - lease.usedAt > idleMilliseconds || now >= lease.claim.resetsAt
      const settling = settlingOf(lease, idle ? lease.left : 0)
      const { spent, over, returned } = settling
      const renew = lease.expiresAt - now < leaseMilliseconds / 2
      if (spent + over + returned > 0 || renew) {
        settlings.push(settling)
        told.push(lease)
      }
      Object.assign(lease, { spent: 0, over: 0, left: lease.left - returned })
      if (all || (idle && lease.open === 0)) this.#leases.delete(nameOf(lease.claim))
    }
    const expiresAt = now + leaseMilliseconds
    try {
      const held = settlings.length === 0 ? [] : await this.#store.settle(this.#holder, settlings, expiresAt)
      for (const [index, lease] of told.entries()) {
        if (lease === null || lease.ended) continue
        if (held[index] === true) lease.expiresAt = expiresAt
        else this.#retire(lease)
      }
    } catch (error) {
      // The store acknowledged none of it: it is told again together with what comes after.
      this.#late.push(...settlings)
      if (all) throw error
    }
    await this.#prune(now)
    if (!all && (this.#leases.size > 0 || this.#late.length > 0)) this.#flushLater()
  }
}

/** Moves what one reservation used from the reservation, then from what is left, to `spent`; the rest is `over`. */
function spend(lease: Lease, reserved: number, spent: number): void {
  const within = Math.min(spent, reserved + lease.left)
  lease.left += reserved - within
  lease.spent += within
  lease.over += spent - within
}

function settlingOf({ claim: { counter, start, resetsAt }, spent, over }: Lease, returned: number): Settling {
  return { counter, start, resetsAt, spent, over, returned }
}

function nameOf({ counter, start }: Claim): string {
  return `${counter}@${start}`
}
