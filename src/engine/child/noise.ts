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
  // The words of four neighbours, kept: tokens are mostly asked for in ascending order.
  readonly #words = new Uint32Array(4)
  #position = -1
  #quad = -1

  constructor(seed: number, choice: number) {
    this.#key0 = seed | 0
    this.#key1 = choice | 0
    this.#key2 = parity ^ seed ^ choice
  }

  /** 32 random bits for one token. */
  bits(position: number, token: number): number {
    return this.quad(position, token >> 2)[token & 3]!
  }

  /** The bits of the four tokens from `4 * quad` on; overwritten by the next call. */
  quad(position: number, quad: number): Uint32Array {
    if (quad !== this.#quad || position !== this.#position) this.#compute(position, quad)
    return this.#words
  }

  /** Noise with the standard Gumbel distribution for one token at one position of the answer. */
  gumbel(position: number, token: number): number {
    return noiseOf(this.bits(position, token))
  }

  /**
   * Two counters at once, because a round waits for the one before and processors can do both in that time; written out
   * because a step asks for thousands.
   */
  #compute(position: number, quad: number): void {
    this.#position = position
    this.#quad = quad
    const key0 = this.#key0
    const key1 = this.#key1
    const key2 = this.#key2
    let x = (position + key0) | 0
    let y = (2 * quad + key1) | 0
    let u = x
    let v = (y + 1) | 0
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    v = ((v << 13) | (v >>> 19)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    v = ((v << 15) | (v >>> 17)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    v = ((v << 26) | (v >>> 6)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    v = ((v << 6) | (v >>> 26)) ^ u
    x = (x + key1) | 0
    u = (u + key1) | 0
    y = (y + key2 + 1) | 0
    v = (v + key2 + 1) | 0
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    v = ((v << 17) | (v >>> 15)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    v = ((v << 29) | (v >>> 3)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    v = ((v << 16) | (v >>> 16)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    v = ((v << 24) | (v >>> 8)) ^ u
    x = (x + key2) | 0
    u = (u + key2) | 0
    y = (y + key0 + 2) | 0
    v = (v + key0 + 2) | 0
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    v = ((v << 13) | (v >>> 19)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    v = ((v << 15) | (v >>> 17)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    v = ((v << 26) | (v >>> 6)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    v = ((v << 6) | (v >>> 26)) ^ u
    x = (x + key0) | 0
    u = (u + key0) | 0
    y = (y + key1 + 3) | 0
    v = (v + key1 + 3) | 0
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    v = ((v << 17) | (v >>> 15)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    v = ((v << 29) | (v >>> 3)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    v = ((v << 16) | (v >>> 16)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    v = ((v << 24) | (v >>> 8)) ^ u
    x = (x + key1) | 0
    u = (u + key1) | 0
    y = (y + key2 + 4) | 0
    v = (v + key2 + 4) | 0
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    v = ((v << 13) | (v >>> 19)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    v = ((v << 15) | (v >>> 17)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    v = ((v << 26) | (v >>> 6)) ^ u
    x = (x + y) | 0
    u = (u + v) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    v = ((v << 6) | (v >>> 26)) ^ u
    x = (x + key2) | 0
    u = (u + key2) | 0
    y = (y + key0 + 5) | 0
    v = (v + key0 + 5) | 0
    this.#words[0] = x
    this.#words[1] = y
    this.#words[2] = u
    this.#words[3] = v
  }
}

/** Bits, as the middle of one of 2^32 equal parts of (0, 1), through the quantile function of the Gumbel distribution. */
export function noiseOf(bits: number): number {
  return -Math.log(-Math.log((bits + 0.5) / 0x1_0000_0000))
}
