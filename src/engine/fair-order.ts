/**
 * Whose turn is next: start-time fair queueing (Goyal, Vin and Cheng, 1996) over the work that requests ask for. Every
 * request gets a start tag in virtual time: where the last one of its account ends, or now, if that is later. The smallest
 * tag goes first, so an account that asks much waits for itself, not others for it.
 */
export interface Ticket {
  readonly account: string
  /** Smaller goes first. */
  readonly start: number
  /** 0 is usual; greater gives way. */
  readonly priority: number
  /** Place in the order of arrival, for equals. */
  readonly arrival: number
  /** Milliseconds since whenever. */
  readonly since: number
}

export interface Wish {
  readonly account: string
  readonly weight: number
  readonly priority: number
  /** Work that is asked for, in tokens. */
  readonly cost: number
}

/** Who waited so long counts as one class more urgent, again and again: nobody waits for ever. */
const agingMilliseconds = 10_000

/**
 * Start-time fair queueing: an account's requests follow each other in virtual time, each as long as its cost by the
 * account's weight. `ticket` on arrival, `next` to choose, `served` when the turn begins. Times in milliseconds.
 */
export class FairOrder {
  /** Virtual time: the start tag of who came last to a turn. */
  #now = 0
  /** Where the last request of an account ends in virtual time; only what lies ahead. */
  readonly #ends = new Map<string, number>()
  #arrivals = 0

  ticket({ account, weight, priority, cost }: Wish, since: number): Ticket {
    const start = Math.max(this.#now, this.#ends.get(account) ?? 0)
    this.#ends.set(account, start + Math.max(cost, 1) / Math.max(weight, 1e-3))
    return { account, start, priority, arrival: this.#arrivals++, since }
  }

  /** The one to go next; null when nobody waits. */
  next<Waiting extends { readonly ticket: Ticket }>(
    waiting: readonly Waiting[],
    now: number,
  ): Waiting | null {
    let best: Waiting | null = null
    for (const one of waiting) if (best === null || goesBefore(one.ticket, best.ticket, now)) best = one
    return best
  }

  /** Its turn has come. */
  served({ start }: Ticket): void {
    this.#now = Math.max(this.#now, start)
    for (const [account, end] of this.#ends) if (end <= this.#now) this.#ends.delete(account)
  }
}

function goesBefore(left: Ticket, right: Ticket, now: number): boolean {
  const difference = classOf(left, now) - classOf(right, now)
  if (difference !== 0) return difference < 0
  return left.start === right.start ? left.arrival < right.arrival : left.start < right.start
}

function classOf({ priority, since }: Ticket, now: number): number {
  return Math.max(0, priority - Math.floor((now - since) / agingMilliseconds))
}
