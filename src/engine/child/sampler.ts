/**
 * Chooses the next token of one answer from its logits. The order of settings is llama.cpp's: logit bias, penalties,
 * top_k, top_p, min_p, temperature, then the choice. The choice is the maximum of logit / temperature + Gumbel noise,
 * which has exactly the softmax distribution (Gumbel-max trick) and can be checked by whoever knows seed and logits.
 */
import type { Sampling } from '../../core/request.ts'
import {
  anyOfFour,
  countToReach,
  mostProbable,
  nucleus,
  tokensFrom,
  topTokens,
  wholeFours,
} from './candidates.ts'
import { exponentialOfMinus } from './exponential.ts'
import { largestNoise, Noise, noiseOf } from './noise.ts'

/** What else decides which tokens may come, besides the settings. */
export interface TokenFilter {
  /** The mask is known and leaves few tokens: to look at these is less work than to try. */
  readonly prefersMask: boolean
  allows(token: number): boolean
  /** Copies `logits` to `target`, with those at minus infinity that may not come. */
  mask(logits: Float32Array, target: Float32Array): void
}

/** From this bias down a token is banned rather than made less likely, as OpenAI defines it. */
const banningBias = -100
/** How far below the highest logit, in temperatures, tokens are tried before the rest is screened. */
const firstBand = 4
/** So many tokens are refused one by one before all that may come are found out. */
const mostTries = 3

/**
 * The sampler of one answer: `choose` gives a token for a position, `accept` tells what was put into the output, as
 * penalties count it. The same seed, choice, position and logits give the same token.
 */
export class Sampler {
  readonly #sampling: Sampling
  readonly #noise: Noise
  readonly #bias: readonly (readonly [token: number, bias: number])[]
  /** Token → how often it stands in the output; 0 for those of the prompt only. Empty when no penalty needs it. */
  readonly #seen = new Map<number, number>()
  readonly #counts: boolean
  /** Logits as they were before this token's adjustments. */
  readonly #saved: { token: number; logit: number }[] = []
  #savedCount = 0

  /**
   * @param choice index among the answers to one request: each has its own noise.
   * @param banned tokens that the model itself wants suppressed.
   */
  constructor(
    sampling: Sampling,
    choice: number,
    vocabularySize: number,
    prompt: Int32Array,
    banned: readonly number[] = [],
  ) {
    this.#sampling = sampling
    this.#noise = new Noise(sampling.seed, choice)
    this.#bias = [...sampling.logitBias, ...banned.map((token) => [token, -Infinity] as const)].filter(
      ([token]) => Number.isInteger(token) && token >= 0 && token < vocabularySize,
    )
    const repeats = sampling.repeatPenalty !== 1
    this.#counts = repeats || sampling.presencePenalty !== 0 || sampling.frequencyPenalty !== 0
    if (repeats) for (const token of prompt) this.#seen.set(token, 0)
  }

  /** Tells the sampler what now stands in the output. */
  accept(token: number): void {
    if (this.#counts) this.#seen.set(token, (this.#seen.get(token) ?? 0) + 1)
  }

  /**
   * The token at `position` of the output; -1 when the logits leave no choice (not numbers, or all banned). The logits
   * are changed on the way and put back.
   */
  choose(logits: Float32Array, position: number, filter: TokenFilter | null = null): number {
    this.#adjust(logits)
    const token = filter === null ? this.#pick(logits, position) : this.#pickAllowed(logits, position, filter)
    this.#restore(logits)
    return token
  }

  /**
   * By how much `token` scores less at `position` than `chosen`, in the units of the choice. Where settings cut it away
   * although it scores more, the difference counts the other way round.
   */
  margin(logits: Float32Array, position: number, chosen: number, token: number): number {
    if (chosen === token) return 0
    const { temperature } = this.#sampling
    this.#adjust(logits)
    const difference = logits[chosen]! - logits[token]!
    this.#restore(logits)
    if (temperature === 0) return Math.abs(difference)
    const noise = this.#noise.gumbel(position, chosen) - this.#noise.gumbel(position, token)
    return Math.abs(difference / temperature + noise)
  }

  #pick(logits: Float32Array, position: number): number {
    return this.#sampling.temperature === 0 ? mostProbable(logits) : this.#sample(logits, position)
  }

  /**
   * As if the others were not in the vocabulary: they are taken out before top_k, top_p and min_p cut. Where nothing
   * cuts, the winner among all that is allowed is the winner among the allowed ones, so one is tried first.
   */
  #pickAllowed(logits: Float32Array, position: number, filter: TokenFilter): number {
    const { temperature, topK, topP, minP } = this.#sampling
    const cuts = temperature > 0 && ((topK > 0 && topK < logits.length) || topP < 1 || minP > 0)
    const tries = cuts || filter.prefersMask ? 0 : mostTries
    for (let time = 0; time < tries; time++) {
      const token = this.#pick(logits, position)
      if (token < 0 || filter.allows(token)) return token
      this.#set(logits, token, -Infinity)
    }
    if (scratch.length < logits.length) scratch = new Float32Array(logits.length)
    const left = scratch.subarray(0, logits.length)
    filter.mask(logits, left)
    return this.#pick(left, position)
  }

  #sample(logits: Float32Array, position: number): number {
    const { topK, topP, minP, temperature } = this.#sampling
    if (topK > 0 && topK < logits.length) {
      const tokens = topTokens(logits, topK)
      return this.#best(logits, cut(logits, tokens, topP, minP), position)
    }
    const likeliest = mostProbable(logits)
    const highest = logits[likeliest] ?? Number.NaN
    if (!Number.isFinite(highest)) return -1
    if (topP < 1) return this.#best(logits, cut(logits, nucleus(logits, highest, topP), 1, minP), position)
    if (minP > 0) return this.#best(logits, tokensFrom(logits, highest + Math.log(minP)), position)
    return this.#bestOfAll(logits, highest, position, temperature)
  }

  /** The winner among a few candidates, ordered from the most probable one. */
  #best(logits: Float32Array, tokens: Int32Array, position: number): number {
    const highest = logits[tokens[0] ?? -1] ?? Number.NaN
    if (!Number.isFinite(highest)) return -1
    let winner = -1
    let best = -Infinity
    for (const token of tokens) {
      const score =
        (logits[token]! - highest) / this.#sampling.temperature + this.#noise.gumbel(position, token)
      if (score > best) [winner, best] = [token, score]
    }
    return winner
  }

  /**
   * The winner over the whole vocabulary, without noise for each of its tokens: noise is bounded, so a token far below
   * the best score so far cannot win, and one below the first band needs bits so high that nearly none have them.
   */
  #bestOfAll(logits: Float32Array, highest: number, position: number, temperature: number): number {
    const band = highest - firstBand * temperature
    let winner = -1
    let best = -Infinity
    for (const token of tokensFrom(logits, band)) {
      const score = (logits[token]! - highest) / temperature + this.#noise.gumbel(position, token)
      if (score > best) [winner, best] = [token, score]
    }
    // Gumbel noise of u is below -ln(1 - u): to beat `best` from below the band, 1 - u must be under e^-(best + band).
    const screen = (1 - Math.exp(-(best + firstBand))) * 0x1_0000_0000 - 1
    const floor = highest + (best - largestNoise) * temperature
    const whole = wholeFours(logits)
    for (let index = 0; index < logits.length; index += 4) {
      if (index < whole && !anyOfFour(logits, index, floor)) continue
      const bits = this.#noise.quad(position, index >> 2)
      if (bits[0]! < screen && bits[1]! < screen && bits[2]! < screen && bits[3]! < screen) continue
      for (let token = index; token < Math.min(index + 4, logits.length); token++) {
        const score = (logits[token]! - highest) / temperature + noiseOf(bits[token & 3]!)
        // Among equals the first token wins, in whichever order they are met.
        if (score > best || (score === best && token < winner)) [winner, best] = [token, score]
      }
    }
    return winner
  }

  #adjust(logits: Float32Array): void {
    this.#savedCount = 0
    for (const [token, bias] of this.#bias) {
      this.#set(logits, token, bias <= banningBias ? -Infinity : logits[token]! + bias)
    }
    if (!this.#counts) return
    const { repeatPenalty, presencePenalty, frequencyPenalty } = this.#sampling
    for (const [token, count] of this.#seen) {
      const logit = logits[token]!
      const repeated = logit <= 0 ? logit * repeatPenalty : logit / repeatPenalty
      this.#set(logits, token, repeated - count * frequencyPenalty - (count > 0 ? presencePenalty : 0))
    }
  }

  #set(logits: Float32Array, token: number, logit: number): void {
    const saved = (this.#saved[this.#savedCount++] ??= { token: 0, logit: 0 })
    saved.token = token
    saved.logit = logits[token]!
    logits[token] = logit
  }

  /** In reverse: a token may have been changed twice. */
  #restore(logits: Float32Array): void {
    while (this.#savedCount > 0) {
      const { token, logit } = this.#saved[--this.#savedCount]!
      logits[token] = logit
    }
  }
}

let scratch = new Float32Array(0)

/** Cuts ordered candidates by top_p and min_p, both relative to the candidates that are left. At least one stays. */
function cut(logits: Float32Array, tokens: Int32Array, topP: number, minP: number): Int32Array {
  const highest = logits[tokens[0] ?? -1] ?? Number.NaN
  let left = tokens
  if (topP < 1) {
    let sum = 0
    for (const token of tokens) sum += exponentialOfMinus(highest - logits[token]!)
    left = left.subarray(0, countToReach(logits, left, highest, topP * sum) ?? left.length)
  }
  if (minP > 0) {
    const threshold = highest + Math.log(minP)
    let count = 1
    while (count < left.length && logits[left[count]!]! >= threshold) count++
    left = left.subarray(0, count)
  }
  return left
}
