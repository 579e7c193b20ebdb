/**
 * How many tokens of prompts a step may compute beside running answers, from how long steps took: whoever reads an
 * answer should not see it halt because somebody else's long prompt comes in.
 */

export interface Pace {
  /** Tokens of prompts in one step beside so many answers. */
  tokensBeside(answers: number): number
  /** What one more token in a step of so many answers costs, in tokens that could be had for it; null when unknown. */
  costOfToken(answers: number): number | null
  /** What so much time costs beside so many answers, in tokens that could be had in it; null when unknown. */
  costOf(milliseconds: number, answers: number): number | null
  /** Tells how long a step took. `otherTokens` are those of prompts and drafts. */
  observe(answers: number, otherTokens: number, milliseconds: number): void
}

/** Where results depend on how prompts are cut: always the same. */
export class FixedPace implements Pace {
  readonly #tokens: number

  constructor(tokens: number) {
    this.#tokens = tokens
  }

  tokensBeside(): number {
    return this.#tokens
  }

  costOfToken(): null {
    return null
  }

  costOf(): null {
    return null
  }

  observe(): void {
    // Nothing changes with what is measured.
  }
}

/** A step with tokens of prompts should take no more than so many times as long as one without. */
const longestStep = 2.4
/** So many go in however slow they are, else a prompt would never be done. */
const least = 4
/** Weight of a new measurement in the average. */
const weight = 0.2
/** After so many tokens a measurement is one of many. */
const enoughTokens = 64
/** A token adds at least one of so many parts of a step without. */
const mostBeside = 1024
/** Steps with fewer other tokens than these count less. */
const fewTokens = 8
/** A measurement counts as at most so many times the average: a machine is busy with other things at times. */
const mostSurprise = 2
/** After so many steps with other tokens one goes without, to see how long it takes by now. */
const stepsBetween = 64

interface Bare {
  milliseconds: number
  /** Steps with other tokens since it was measured. */
  age: number
}

/**
 * A pace that is learnt: with prompts, a step may take up to 2.4 times as long as without. Where nothing was measured
 * lately, one step goes without prompts, to be measured.
 */
export class MeasuredPace implements Pace {
  /** Steps without prompts, by the number of answers in powers of two. */
  readonly #bare: (Bare | undefined)[] = []
  /**
   * Milliseconds that a token of a prompt or a draft adds to a step of answers. Steps of nothing else tell little of it:
   * they are long, and a token takes less there.
   */
  #perToken: number | null = null
  /** The first tokens that were measured, and what they added in all: one alone may seem to take nothing. */
  readonly #first = { tokens: 0, milliseconds: 0 }
  /** Twice the most tokens that were measured: what more cost is not known. */
  #most = least

  costOfToken(answers: number): number | null {
    const bare = this.#bare[sizeOf(answers)]
    if (bare === undefined || bare.age >= stepsBetween) return null
    // Nothing was measured: that of a machine with little to spare.
    if (this.#perToken === null) return 0.5
    return (answers * this.#perToken) / bare.milliseconds
  }

  costOf(milliseconds: number, answers: number): number | null {
    const bare = this.#bare[sizeOf(answers)]
    return bare === undefined ? null : (answers * milliseconds) / bare.milliseconds
  }

  observe(answers: number, otherTokens: number, milliseconds: number): void {
    const bare = this.#bare[sizeOf(answers)]
    if (otherTokens === 0) {
      const average = mixed(bare?.milliseconds ?? null, milliseconds)
      this.#bare[sizeOf(answers)] = { milliseconds: average, age: 0 }
    } else if (bare !== undefined) {
      bare.age++
      this.#learn(otherTokens, milliseconds - bare.milliseconds)
      this.#perToken = Math.max(this.#perToken!, bare.milliseconds / mostBeside)
      this.#most = Math.max(this.#most, 2 * otherTokens)
    }
  }

  tokensBeside(answers: number): number {
    const bare = this.#bare[sizeOf(answers)]
    // One step without, to be measured.
    if (bare === undefined || bare.age >= stepsBetween) return 0
    if (this.#perToken === null) return least
    const fitting = Math.floor((bare.milliseconds * (longestStep - 1)) / this.#perToken)
    return Math.max(least, Math.min(fitting, this.#most))
  }

  #learn(tokens: number, added: number): void {
    if (this.#first.tokens < enoughTokens) {
      this.#first.tokens += tokens
      this.#first.milliseconds += added
      this.#perToken = this.#first.milliseconds / this.#first.tokens
      return
    }
    // Few tokens take little time, of which much is chance.
    this.#perToken = mixed(this.#perToken, Math.max(0, added) / tokens, Math.min(1, tokens / fewTokens))
  }
}

/** Every power of two of answers is measured by itself; 0 is nobody. */
function sizeOf(answers: number): number {
  return answers === 0 ? 0 : 1 + Math.ceil(Math.log2(answers))
}

/** @param part how much of a whole measurement it is. */
function mixed(average: number | null, measured: number, part = 1): number {
  if (average === null) return measured
  return average + part * weight * (Math.min(measured, mostSurprise * average) - average)
}
