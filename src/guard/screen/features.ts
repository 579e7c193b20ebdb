/**
 * A text as a set of places in a table: its words, pairs of words, and runs of two to five characters, each hashed.
 * `train/screen.py` computes the same, code unit by code unit.
 */

/** Places that a feature can fall on; a power of two. */
export const places = 1 << 18
const [multiplier, pairMultiplier] = [0x01000193, 0x85ebca6b]
/** So that a word, a pair and a run of the same hash fall apart. */
const seeds = { word: 0x9e3779b9, pair: 0x7f4a7c15, run: 0x2545f491 } as const
const [shortest, longest] = [2, 5]
const space = 0x20

/** Case, width and spacing do not matter. */
export function folded(text: string): string {
  return ` ${text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()} `
}

/** Finds the places of one text after another without making anything new. */
export class Features {
  /** In which text a place was last seen. */
  readonly #seen = new Uint32Array(places)
  #text = 0
  #found: (place: number) => void = () => {}

  /** Calls `found` once for each place of a text that was `folded`; how many there were. */
  each(text: string, found: (place: number) => void): number {
    this.#text++
    this.#found = found
    return this.#runs(text) + this.#words(text)
  }

  #runs(text: string): number {
    let count = 0
    for (let begin = 0; begin < text.length; begin++) {
      let hash = text.charCodeAt(begin)
      const end = Math.min(begin + longest, text.length)
      for (let next = begin + 1; next < end; next++) {
        hash = Math.imul(hash, multiplier) + text.charCodeAt(next)
        if (next - begin + 1 >= shortest) count += this.#place(hash + Math.imul(next - begin, seeds.run))
      }
    }
    return count
  }

  #words(text: string): number {
    let [count, hash, before, length] = [0, 0, 0, 0]
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit !== space) {
        hash = Math.imul(hash, multiplier) + unit
        length++
        continue
      }
      if (length === 0) continue
      count += this.#place(hash ^ seeds.word)
      count += this.#place((Math.imul(before, pairMultiplier) + hash) ^ seeds.pair)
      before = hash
      hash = 0
      length = 0
    }
    return count
  }

  /** 1 for a place that this text had not yet, else 0. */
  #place(hash: number): number {
    let mixed = hash ^ (hash >>> 16)
    mixed = Math.imul(mixed, 0x7feb352d)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x846ca68b)
    const place = (mixed ^ (mixed >>> 16)) & (places - 1)
    if (this.#seen[place] === this.#text) return 0
    this.#seen[place] = this.#text
    this.#found(place)
    return 1
  }
}
