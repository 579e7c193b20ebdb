/**
 * The randomness of sampling: a pure function of (seed, choice, position in the answer, token), so that anybody who has
 * the logits can check a choice later. Bits come from Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011): key (seed, choice), counter (position, token >> 1); an even
 * token takes the first word, an odd one the second.
 */

/** `C240` of the paper, cut to 32 bits. */
const parity = 0x1bd11bda

/** The largest noise that 32 bits can give. */
export const largestNoise = noiseOf(0xffffffff)

/** The random bits of one choice of one request. */
export class Noise {
  readonly #key0: number
  readonly #key1: number
  readonly #key2: number
  // The words of the last pair: tokens are mostly asked for in ascending order.
  #position = -1
  #half = -1
  #even = 0
  #odd = 0

  constructor(seed: number, choice: number) {
    this.#key0 = seed | 0
    this.#key1 = choice | 0
    this.#key2 = parity ^ seed ^ choice
  }

  /** 32 random bits for one token. */
  bits(position: number, token: number): number {
    const half = token >> 1
    if (half !== this.#half || position !== this.#position) this.#compute(position, half)
    return (token & 1) === 0 ? this.#even : this.#odd
  }

  /** Noise with the standard Gumbel distribution for one token at one position of the answer. */
  gumbel(position: number, token: number): number {
    return noiseOf(this.bits(position, token))
  }

  /** The rounds are written out because a step asks for thousands of pairs. */
  #compute(position: number, half: number): void {
    this.#position = position
    this.#half = half
    const key0 = this.#key0
    const key1 = this.#key1
    const key2 = this.#key2
    let x = (position + key0) | 0
    let y = (half + key1) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + key1) | 0
    y = (y + key2 + 1) | 0
    x = (x + y) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + key2) | 0
    y = (y + key0 + 2) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + key0) | 0
    y = (y + key1 + 3) | 0
    x = (x + y) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + key1) | 0
    y = (y + key2 + 4) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + key2) | 0
    y = (y + key0 + 5) | 0
    this.#even = x >>> 0
    this.#odd = y >>> 0
  }
}

/** Bits, as the middle of one of 2^32 equal parts of (0, 1), through the quantile function of the Gumbel distribution. */
export function noiseOf(bits: number): number {
  return -Math.log(-Math.log((bits + 0.5) / 0x1_0000_0000))
}
