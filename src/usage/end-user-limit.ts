import type { Clock } from '../core/clock.ts'
import type { EndUser, OrganisationId } from '../core/ids.ts'

const dayMilliseconds = 86_400_000

/** Whoever names a new end user with every request must not make a row with every request. */
export class EndUserLimit {
  readonly #most: number
  readonly #clock: Clock
  readonly #seen = new Map<OrganisationId, Set<EndUser>>()
  #day = 0

  constructor(most: number, clock: Clock) {
    this.#most = most
    this.#clock = clock
  }

  /** The end user, or null for one too many of this organisation on this day. */
  admit(organisation: OrganisationId, endUser: EndUser): EndUser | null {
    const day = Math.floor(this.#clock.now() / dayMilliseconds)
    if (day !== this.#day) this.#seen.clear()
    this.#day = day
    const seen = this.#seen.get(organisation) ?? new Set()
    this.#seen.set(organisation, seen)
    if (seen.has(endUser)) return endUser
    if (seen.size >= this.#most) return null
    seen.add(endUser)
    return endUser
  }
}
