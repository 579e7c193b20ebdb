/**
 * Tells whether a text was seen before, for a vocabulary of known size, in 16 bytes a text and without keeping any.
 *
 * Compares 64-bit hashes: two different tokens of an honest vocabulary collide with a probability below 10⁻⁸, and an
 * author who makes them collide only gets his own file refused.
 */
export class DistinctTexts {
  readonly #first: Uint32Array
  readonly #second: Uint32Array
  readonly #mask: number
  /** Steps left over all searches: texts chosen to crowd one place end the search instead of slowing it. */
  #steps: number

  constructor(texts: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(16, texts * 2)))
    this.#first = new Uint32Array(places)
    this.#second = new Uint32Array(places)
    this.#mask = places - 1
    this.#steps = texts * 16 + 1024
  }

  /**
   * Adds the bytes of `window` from `from` to before `end`. False when the same text was added before, or texts were
   * built to collide.
   */
  add(window: Uint8Array, from: number, end: number): boolean {
    let first = seed
    let second = ~seed
    for (let at = from; at < end; at++) {
      const byte = window[at] ?? 0
      first = Math.imul(first ^ byte, 0x0100_0193)
      second = Math.imul(second ^ byte, 0x85eb_ca6b) ^ (second >>> 15)
    }
    first = (first ^ (first >>> 16)) >>> 0
    // 0 marks a free place.
    second = (second ^ (end - from)) >>> 0 || 1
    for (let place = first & this.#mask; this.#steps-- > 0; place = (place + 1) & this.#mask) {
      if (this.#second[place] === 0) {
        this.#first[place] = first
        this.#second[place] = second
        return true
      }
      if (this.#second[place] === second && this.#first[place] === first) return false
    }
    return false
  }
}

/** Differs in each process, so that nobody can choose texts beforehand. */
const seed = Math.floor(Math.random() * 0xffff_ffff) | 1
