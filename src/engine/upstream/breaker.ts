export interface BreakerOptions {
  readonly now: () => number
  /** 0 to 1, to spread many breakers over time. */
  readonly random: () => number
}

/** Failures in a row after which nobody is sent there. */
const tolerated = 3
const firstPause = 1000
const longestPause = 30_000

/**
 * A circuit breaker (Nygard, Release It!, 2007). Closed: everything passes. After some failures in a row it opens for a
 * while, twice as long each time; then one request may try (half-open), and what comes of that closes or opens it.
 */
export class Breaker {
  readonly #options: BreakerOptions
  #failures = 0
  #openings = 0
  #openUntil: number | null = null
  #trying = false

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  /** Whether a request may be sent now. */
  get admits(): boolean {
    if (this.#openUntil === null) return true
    return !this.#trying && this.#options.now() >= this.#openUntil
  }

  get open(): boolean {
    return this.#openUntil !== null
  }

  /** Milliseconds until somebody may try again; 0 when that is now. */
  get wait(): number {
    return this.#openUntil === null ? 0 : Math.max(0, this.#openUntil - this.#options.now())
  }

  /** To be called when a request is sent, and one of `succeed`, `fail` and `neither` when it is over. */
  begin(): void {
    if (this.#openUntil !== null) this.#trying = true
  }

  succeed(): void {
    this.#failures = 0
    this.#openings = 0
    this.#openUntil = null
    this.#trying = false
  }

  fail(): void {
    this.#failures++
    // What was sent before it opened and fails afterwards says nothing new.
    if (this.#openUntil !== null && !this.#trying) return
    if (this.#failures < tolerated && !this.#trying) return
    const { now, random } = this.#options
    const pause = Math.min(firstPause * 2 ** this.#openings, longestPause)
    this.#openings++
    this.#openUntil = now() + pause * (0.75 + random() / 2)
    this.#trying = false
  }

  /** It ended without telling whether the server works, as when its client left. */
  neither(): void {
    this.#trying = false
  }
}
