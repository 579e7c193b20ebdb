import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { Claim } from './quota.ts'
import type { QuotaStore, Settling } from './store.ts'

const flushMilliseconds = 500
/** How long a lease holds without a word from here: this process must be gone then, or at least have stopped using it. */
const leaseMilliseconds = 60_000
/** Clocks of processes differ, and a thread may stand still between looking and acting. */
const marginMilliseconds = 10_000
/** What nobody asked for so long goes back. */
const idleMilliseconds = 3000
/** So long a refusal holds without asking the store again. */
const refusalMilliseconds = 200
/** Between two clean-ups of periods that are over. */
const pruneMilliseconds = 600_000
/** Most requests' worth that is taken at once. */
const mostAhead = 64

/** A part of one quota that is here to be spent. */
interface Lease {
  readonly claim: Claim
  /** Not reserved by anybody. */
  left: number
  /** Used up and not yet told. */
  spent: number
  over: number
  /** Reservations that are open. */
  open: number
  /** What was left for anybody when the store was last asked. */
  remaining: number
  /** When the store last had not enough. */
  refusedAt: number
  usedAt: number
  expiresAt: number
  /** It is none any more: what is settled on it was never taken. */
  ended: boolean
}

/** What is reserved for one request. Settled at most once, then released. */
export interface Reservation {
  /** @param spent of each claim, in their order; no more than was reserved is the rule, more is counted as well */
  settle(spent: readonly number[]): void
  /** Gives back what was not settled. */
  release(): void
}

export type Reserved =
  | { readonly refused: Claim; readonly remaining: number }
  | { readonly refused: null; readonly reservation: Reservation; readonly remaining: readonly number[] }

/**
 * Quotas from memory: parts of them are leased from the store and spent here, so that most requests ask nobody. What is
 * reserved is out of everybody's reach before the work begins; so however many ask at once, none passes the limit.
 */
export class QuotaLedger {
  readonly #store: QuotaStore
  readonly #clock: Clock
  readonly #holder = `holder_${randomUUID()}`
  readonly #leases = new Map<string, Lease>()
  /** One question to the store at a time: whoever waits may find what the one before brought. */
  #asking: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null
  #late: Settling[] = []
  #prunedAt = 0

  constructor(store: QuotaStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** All of the claims, or none of them and the first that stands in the way. */
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

  /** Null when not all of it is here. */
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

  #refusedLately(claims: readonly Claim[], now: number): Reserved | null {
    const fresh = claims.filter((claim) => {
      const lease = this.#leases.get(nameOf(claim))
      return lease !== undefined && now - lease.refusedAt < refusalMilliseconds
    })
    return fresh.some((claim) => this.#reachOf(claim, now) < claim.amount) ? this.#refusal(fresh, now) : null
  }

  #refusal(claims: readonly Claim[], now: number): Reserved {
    // Where another process took what the store had just told of, the one with the least left is named.
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
          // What runs at the same time is over only when it is released.
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

  /** Of this claim's counter: what is here, to be had at once. */
  #leftOf(claim: Claim, now: number): number {
    return this.#live(claim, now)?.left ?? 0
  }

  /** What is here and what the store has. */
  #reachOf(claim: Claim, now: number): number {
    const lease = this.#live(claim, now)
    return lease === undefined ? Number.POSITIVE_INFINITY : lease.left + lease.remaining
  }

  #live(claim: Claim, now: number): Lease | undefined {
    const lease = this.#leases.get(nameOf(claim))
    if (lease === undefined) return undefined
    if (now < lease.expiresAt - marginMilliseconds) return lease
    // Whoever is still open settles it as what was never taken.
    this.#retire(lease)
    return undefined
  }

  /** The store has taken back what was left, or will. */
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
      if (now - this.#prunedAt > pruneMilliseconds) {
        this.#prunedAt = now
        await this.#store.prune(now)
      }
    } catch (error) {
      // Nothing of it is lost: it is told again with what comes after.
      this.#late.push(...settlings)
      if (all) throw error
    }
    if (!all && (this.#leases.size > 0 || this.#late.length > 0)) this.#flushLater()
  }
}

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
