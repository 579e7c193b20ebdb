import { elpisError } from '../errors.ts'
import type { Policy } from './policy.ts'

interface Use {
  running: number
  windowStart: number
  requests: number
}

const minute = 60_000

/** The lower limits of those who are restricted; nobody else is counted. */
export class RestrictedLimits {
  readonly #limits: Policy['restricted']
  readonly #now: () => number
  readonly #uses = new Map<string, Use>()

  constructor(limits: Policy['restricted'], now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /**
   * Counts a request in.
   *
   * @param measure the restriction that it falls under
   * @returns a function that counts it out, to be called once
   * @throws `restricted_limit`
   */
  take(measure: string): () => void {
    const now = this.#now()
    const use = this.#uses.get(measure) ?? { running: 0, windowStart: now, requests: 0 }
    this.#uses.set(measure, use)
    if (now - use.windowStart >= minute) Object.assign(use, { windowStart: now, requests: 0 })
    const { streams, perMinute } = this.#limits
    if (use.running >= streams || use.requests >= perMinute) {
      const error = elpisError('restricted_limit', { streams, requests: perMinute })
      error.retryAfter = use.running >= streams ? 5 : (use.windowStart + minute - now) / 1000
      throw error
    }
    use.running++
    use.requests++
    let done = false
    return () => {
      if (done) return
      done = true
      use.running--
      if (use.running === 0 && this.#now() - use.windowStart >= minute) this.#uses.delete(measure)
    }
  }

  /** Forgets those who have been still for a minute: memory holds only who is active. */
  forgetStill(): void {
    const now = this.#now()
    for (const [measure, { running, windowStart }] of this.#uses) {
      if (running === 0 && now - windowStart >= minute) this.#uses.delete(measure)
    }
  }
}
