/**
 * Looks for stop strings in text that comes in pieces, in time linear in the text (Knuth, Morris and Pratt, 1977). The
 * stop string whose end comes first counts, and of those the longest: so the result does not depend on how the text was
 * split. What could be the beginning of a stop string is held back.
 */
export class StopStrings {
  readonly #patterns: readonly Pattern[]
  #held = ''
  #met: string | null = null

  constructor(stops: readonly string[]) {
    // Text consists of whole characters, so half a character never matches; an empty string would match everywhere.
    this.#patterns = stops.filter((stop) => stop !== '' && stop.isWellFormed()).map(patternOf)
  }

  /** The stop string that was met. */
  get met(): string | null {
    return this.#met
  }

  /** Text that is surely before any stop string, and whether one was met: then nothing more may be pushed. */
  push(text: string): { readonly released: string; readonly met: boolean } {
    if (this.#patterns.length === 0) return { released: text, met: false }
    const all = this.#held + text
    for (let index = this.#held.length; index < all.length; index++) {
      const longest = this.#advance(all.charCodeAt(index))
      if (longest > 0) {
        this.#held = ''
        this.#met = all.slice(index + 1 - longest, index + 1)
        return { released: all.slice(0, index + 1 - longest), met: true }
      }
    }
    const keep = this.#patterns.reduce((most, pattern) => Math.max(most, pattern.matched), 0)
    this.#held = all.slice(all.length - keep)
    return { released: all.slice(0, all.length - keep), met: false }
  }

  /** What was held back, when no more text comes. */
  finish(): string {
    const held = this.#held
    this.#held = ''
    return held
  }

  /** Takes one more unit of text; the length of the longest stop string that it completes, 0 when none. */
  #advance(unit: number): number {
    let longest = 0
    for (const pattern of this.#patterns) {
      const { text, borders } = pattern
      let matched = pattern.matched
      while (matched > 0 && text.charCodeAt(matched) !== unit) matched = borders[matched - 1]!
      if (text.charCodeAt(matched) === unit) matched++
      if (matched === text.length) longest = Math.max(longest, matched)
      pattern.matched = matched
    }
    return longest
  }
}

interface Pattern {
  readonly text: string
  /** For each prefix, the length of its longest border: a proper prefix of it that also ends it. */
  readonly borders: Int32Array
  /** How much of `text` the last of what was seen matches. Less than all of it between pushes. */
  matched: number
}

function patternOf(text: string): Pattern {
  const borders = new Int32Array(text.length)
  let border = 0
  for (let index = 1; index < text.length; index++) {
    while (border > 0 && text.charCodeAt(border) !== text.charCodeAt(index)) border = borders[border - 1]!
    if (text.charCodeAt(border) === text.charCodeAt(index)) border++
    borders[index] = border
  }
  return { text, borders, matched: 0 }
}
