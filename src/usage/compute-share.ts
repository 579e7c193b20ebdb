/**
 * How much of the machine's computing time each of several requests had, when those that are there share it evenly: of
 * every moment in which n are there, each has 1/n. The shares of all add up to the time in which any was there.
 *
 * Kept as one running sum of dt/n, so that coming and going cost the same however many there are.
 */
export class ComputeShare {
  #there = 0
  #sum = 0
  #at = 0

  /** @returns a function that takes the request out and tells its share in milliseconds; once. */
  enter(now: number): (now: number) => number {
    this.#moveTo(now)
    this.#there++
    const before = this.#sum
    return (later) => {
      this.#moveTo(later)
      this.#there--
      return this.#sum - before
    }
  }

  #moveTo(now: number): void {
    if (this.#there > 0) this.#sum += Math.max(0, now - this.#at) / this.#there
    this.#at = Math.max(this.#at, now)
  }
}
