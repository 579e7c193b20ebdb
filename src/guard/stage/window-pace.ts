/**
 * How long an answer rests between two windows. What is judged costs processor time that the answers themselves need, on
 * a small machine; what has left already is still being read. So all answers together take about a tenth of one
 * processor for it, in windows that grow with what one costs and with how many there are.
 */

/** Longest rest, in milliseconds: about as long as somebody reads at what a full machine says meanwhile. */
const longest = 2000
/** The judging of all answers takes one part in so many of the time, until the longest rest. */
const parts = 10
/** Weight of a new measurement. */
const weight = 0.2

/**
 * Shared by all answers of a server: `begin` and `end` count those on their way, `observe` takes what a window cost,
 * `rest` says how long to wait. Milliseconds.
 */
export class WindowPace {
  #answers = 0
  #milliseconds = 0

  /** Milliseconds from the end of a window until the next one is judged, whatever waits. */
  get rest(): number {
    return Math.min(longest, this.#answers * this.#milliseconds * parts)
  }

  /** An answer is on its way. */
  begin(): void {
    this.#answers++
  }

  end(): void {
    this.#answers--
  }

  /** What one window took to be judged, in milliseconds. */
  observe(milliseconds: number): void {
    this.#milliseconds += weight * (milliseconds - this.#milliseconds)
  }
}
