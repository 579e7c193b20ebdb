/**
 * Finds two equal texts in a vocabulary of known size, in 24 bytes a text and without keeping any.
 *
 * Compares 64-bit hashes: two different tokens of an honest vocabulary collide with a probability below 10⁻⁸, and an
 * author who makes them collide only gets his own file refused. The hashes are sorted into buckets first, so that each
 * bucket is searched within the processor's cache: one table for all takes four times as long.
 */
export class DistinctTexts {
  readonly #first: Uint32Array
  readonly #second: Uint32Array
  readonly #numbers: Uint32Array
  #count = 0

  constructor(texts: number) {
    this.#first = new Uint32Array(texts)
    this.#second = new Uint32Array(texts)
    this.#numbers = new Uint32Array(texts)
  }

  /** Adds the bytes of `window` from `from` to before `end` as the text of this number. */
  add(number: number, window: Uint8Array, from: number, end: number): void {
    let first = seed
    let second = ~seed
    for (let at = from; at < end; at++) {
      const byte = window[at] ?? 0
      first = Math.imul(first ^ byte, 0x0100_0193)
      second = Math.imul(second ^ byte, 0x85eb_ca6b) ^ (second >>> 15)
    }
    this.#first[this.#count] = first ^ (first >>> 16)
    this.#second[this.#count] = second ^ (end - from)
    this.#numbers[this.#count++] = number
  }

  /** The numbers of two texts that are equal, or built to look so; null when all differ. */
  repeated(): readonly [number, number] | null {
    const { ends, firsts, seconds, numbers } = this.#sorted()
    let start = 0
    for (const end of ends) {
      const pair = repeatedWithin(firsts.subarray(start, end), seconds.subarray(start, end))
      if (pair !== null) return [numbers[start + pair[0]]!, numbers[start + pair[1]]!]
      start = end
    }
    return null
  }

  /** A counting sort by the lowest byte of the hashes; `ends` are the buckets'. */
  #sorted(): { ends: Uint32Array; firsts: Uint32Array; seconds: Uint32Array; numbers: Uint32Array } {
    const ends = new Uint32Array(256)
    for (let place = 0; place < this.#count; place++) ends[this.#first[place]! & 0xff]!++
    let sum = 0
    for (let bucket = 0; bucket < 256; bucket++) {
      sum += ends[bucket]!
      ends[bucket] = sum - ends[bucket]!
    }
    const firsts = new Uint32Array(this.#count)
    const seconds = new Uint32Array(this.#count)
    const numbers = new Uint32Array(this.#count)
    for (let place = 0; place < this.#count; place++) {
      const first = this.#first[place]!
      const at = ends[first & 0xff]!++
      firsts[at] = first
      seconds[at] = this.#second[place]!
      numbers[at] = this.#numbers[place]!
    }
    return { ends, firsts, seconds, numbers }
  }
}

/** Places of two equal hashes, by a table with open addresses. */
function repeatedWithin(firsts: Uint32Array, seconds: Uint32Array): readonly [number, number] | null {
  const size = 2 ** Math.ceil(Math.log2(Math.max(4, firsts.length * 2)))
  // Each entry is a place plus one; 0 is free.
  const table = new Uint32Array(size)
  // Texts chosen to crowd one entry end the search instead of slowing it.
  let steps = firsts.length * 16 + 1024
  for (let place = 0; place < firsts.length; place++) {
    const first = firsts[place]!
    let entry = (first >>> 8) & (size - 1)
    for (; table[entry] !== 0; entry = (entry + 1) & (size - 1)) {
      const other = table[entry]! - 1
      if ((firsts[other] === first && seconds[other] === seconds[place]) || --steps < 0) return [other, place]
    }
    table[entry] = place + 1
  }
  return null
}

/** Differs in each process, so that nobody can choose texts beforehand. */
const seed = Math.floor(Math.random() * 0xffff_ffff) | 1
