/** Cuts text into pieces of a unigram vocabulary (Kudo, 2018): of all ways, the likeliest. As `train/vocabulary.py` does. */

/** Places of the special pieces in the vocabulary. */
export const special = { begin: 0, padding: 1, end: 2, unknown: 3 } as const
const firstPlain = 4
/** Marks where a word begins. */
const mark = '▁'
/** How much less likely than the rarest piece an unknown character is. */
const penalty = 10

/**
 * `encode` gives places in the vocabulary. Text is brought into NFKC and split at white space first; a character that
 * no piece has costs more than the rarest piece.
 */
export class Unigram {
  readonly #places = new Map<string, number>()
  readonly #scores: Float64Array
  readonly #unknownScore: number
  readonly #longest: number

  /** @param pieces one a line, in the order of their scores (logarithms of how likely each is). */
  constructor(pieces: readonly string[], scores: Float64Array) {
    this.#scores = scores
    let [lowest, longest] = [0, 1]
    for (const [place, piece] of pieces.entries()) {
      lowest = Math.min(lowest, scores[place] ?? 0)
      if (place < firstPlain) continue
      longest = Math.max(longest, piece.length)
      this.#places.set(piece, place)
    }
    this.#unknownScore = lowest - penalty
    this.#longest = longest
  }

  /** Places of the pieces of a text. Beyond `most` they are left out. */
  encode(text: string, most: number): number[] {
    const result: number[] = []
    const spaced = text
      .normalize('NFKC')
      .replace(/[\s\p{C}]+/gu, ' ')
      .trim()
    if (spaced === '') return result
    for (const word of spaced.split(' ')) {
      this.#word(mark + word, result)
      if (result.length > most) return result.slice(0, most)
    }
    return result
  }

  /** Viterbi's path through one word, appended to `result`. */
  #word(word: string, result: number[]): void {
    const whole = this.#places.get(word)
    // No way of several pieces is taken for granted to be worse; but a word this short that is a piece nearly always is one.
    if (whole !== undefined && word.length <= 2) {
      result.push(whole)
      return
    }
    const { length } = word
    const best = new Float64Array(length + 1).fill(-Infinity)
    const from = new Int32Array(length + 1)
    const taken = new Int32Array(length + 1)
    best[0] = 0
    for (let begin = 0; begin < length; begin++) {
      const before = best[begin] ?? -Infinity
      if (before === -Infinity) continue
      const reach = (end: number, score: number, place: number): void => {
        if (score <= (best[end] ?? 0)) return
        best[end] = score
        from[end] = begin
        taken[end] = place
      }
      const last = Math.min(length, begin + this.#longest)
      for (let end = begin + 1; end <= last; end++) {
        const place = this.#places.get(word.slice(begin, end))
        if (place !== undefined) reach(end, before + (this.#scores[place] ?? 0), place)
      }
      const character = (word.codePointAt(begin) ?? 0) > 0xffff ? 2 : 1
      reach(begin + character, before + this.#unknownScore, special.unknown)
    }
    const path: number[] = []
    for (let end = length; end > 0; end = from[end] ?? 0) {
      const place = taken[end] ?? special.unknown
      // What is unknown in a row is one unknown.
      if (place !== special.unknown || path.at(-1) !== special.unknown) path.push(place)
    }
    result.push(...path.toReversed())
  }
}
