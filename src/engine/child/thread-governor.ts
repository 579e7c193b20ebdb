/**
 * Decides how many threads compute. All of them meet after every operation, hundreds of times a step; when a neighbour
 * takes a core away from one, the others wait for it, and more threads become much slower than fewer. So threads are
 * given up while the process does not get the processor time it asks for, and tried again later.
 */

/** Share of the wanted processor time below which a neighbour is in the way. */
const crowded = 0.8
/**
 * Steps are looked at together until they took this long, in milliseconds. A thread that is given up is missed for half a
 * second, so it takes two such times in a row: what comes with a new request (its question is judged, its entry written)
 * and a window that is judged are no neighbours yet.
 */
const window = 300
/** The same, while all threads are tried again. */
const trialWindow = 120
const firstRetry = 500
const lastRetry = 8000

/** Takes the cost of each step (`observe`); `threads` is then how many the library should use, from 1 to `most`. */
export class ThreadGovernor {
  readonly #most: number
  #threads: number
  #wall = 0
  #processor = 0
  /** Milliseconds until all threads are tried again, and how long that wait is to be. */
  #untilRetry = firstRetry
  #retry = firstRetry
  #trying = false
  #wasCrowded = false

  constructor(most: number) {
    this.#most = most
    this.#threads = most
  }

  get threads(): number {
    return this.#threads
  }

  /** Takes what a step cost: its duration and the processor time of the whole process in it, in milliseconds. */
  observe(wall: number, processor: number): void {
    this.#wall += wall
    this.#processor += processor
    if (this.#threads < this.#most) this.#untilRetry -= wall
    if (this.#wall < (this.#trying ? trialWindow : window)) return
    const share = this.#processor / (this.#wall * this.#threads)
    this.#wall = 0
    this.#processor = 0
    const isCrowded = share < crowded
    const stays = isCrowded && (this.#wasCrowded || this.#trying)
    this.#wasCrowded = isCrowded
    if (stays) this.#yield(share)
    else if (isCrowded) return
    else if (this.#trying) this.#settle()
    else if (this.#threads < this.#most && this.#untilRetry <= 0) this.#try()
  }

  #yield(share: number): void {
    if (this.#trying) this.#retry = Math.min(this.#retry * 2, lastRetry)
    this.#trying = false
    this.#untilRetry = this.#retry
    this.#threads = Math.max(1, Math.min(this.#threads - 1, Math.floor(this.#threads * share)))
  }

  #try(): void {
    this.#trying = true
    this.#threads = this.#most
  }

  #settle(): void {
    this.#trying = false
    this.#retry = firstRetry
  }
}
