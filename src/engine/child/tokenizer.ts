/**
 * Turns a prompt into tokens. Control tokens are looked for only in segments that may have them, and everything between
 * two of them is tokenised as one text, wherever segments begin: so a sentence means the same however it was cut, and
 * what a user writes never becomes a control token. Nor a mark: the library finds those in any text, so a text that has one is
 * given to it in two pieces.
 */
import type { Segment } from '../protocol.ts'
import type { ControlToken } from './vocabulary.ts'

/** What tokenising needs of a vocabulary. */
export interface TokenizerVocabulary {
  readonly beginning: number
  readonly addsBeginning: boolean
  readonly controlTokens: readonly ControlToken[]
  readonly markTokens: readonly ControlToken[]
  tokenize(text: string): Int32Array
}

/** Texts and control tokens in turn. */
type Stretch = string | ControlToken

/**
 * Made once a model; `tokenize` takes a rendered prompt in segments and returns token ids. A first segment that
 * brings tokens of its own is taken as it is.
 */
export class Tokenizer {
  readonly #vocabulary: TokenizerVocabulary
  /** Control tokens and marks by their first character, longest first. */
  readonly #specials: ReadonlyMap<string, readonly ControlToken[]>
  /** Any mark; null when there is none. */
  readonly #mark: RegExp | null

  constructor(vocabulary: TokenizerVocabulary) {
    this.#vocabulary = vocabulary
    const marks = vocabulary.markTokens.map(({ text }) => RegExp.escape(text))
    this.#mark = marks.length === 0 ? null : new RegExp(marks.join('|'), 'g')
    const longestFirst = [...vocabulary.controlTokens, ...vocabulary.markTokens].toSorted(
      (left, right) => right.text.length - left.text.length,
    )
    this.#specials = Map.groupBy(longestFirst, (control) => control.text[0]!)
  }

  /** All tokens of the prompt. With `addBos`, begins with the model's own token for that if the model wants it. */
  tokenize(segments: readonly Segment[], addBos: boolean): Int32Array {
    const given = segments[0]?.tokens
    if (given !== undefined) return Int32Array.from(given)
    const parts: ArrayLike<number>[] = []
    const stretches = this.#stretches(segments)
    const { beginning, addsBeginning } = this.#vocabulary
    const first = stretches[0]
    const begun = typeof first === 'object' && first.token === beginning
    if (addBos && addsBeginning && !begun) parts.push([beginning])
    for (const [index, stretch] of stretches.entries()) {
      if (typeof stretch === 'object') {
        parts.push([stretch.token])
        continue
      }
      const text = stripped(stretch, stretches[index - 1], stretches[index + 1])
      if (text === '') continue
      for (const part of this.#plain(text)) parts.push(part)
    }
    const tokens = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0))
    let offset = 0
    for (const part of parts) {
      tokens.set(part, offset)
      offset += part.length
    }
    return tokens
  }

  /** The tokens of a text in which nothing has a meaning. */
  #plain(text: string): ArrayLike<number>[] {
    const [first = '', ...more] = this.#pieces(text)
    return [this.#vocabulary.tokenize(first), ...more.map((piece) => this.#continued(piece))]
  }

  /** A text in pieces that have no mark: each is cut behind its first character. One pass, however many there are. */
  #pieces(text: string): string[] {
    const pieces: string[] = []
    let from = 0
    for (let place = this.#nextMark(text, 0); place !== -1; place = this.#nextMark(text, from)) {
      const end = place + firstLength(text, place)
      pieces.push(text.slice(from, end))
      from = end
    }
    if (from < text.length) pieces.push(text.slice(from))
    return pieces
  }

  /** Tokens of a text in the middle of another: without the space that some tokenizers put in front of each. */
  #continued(text: string): ArrayLike<number> {
    const before = this.#vocabulary.tokenize(guard)
    const both = this.#vocabulary.tokenize(guard + text)
    const follows = before.every((token, index) => token === both[index])
    return follows ? both.subarray(before.length) : this.#vocabulary.tokenize(text)
  }

  #nextMark(text: string, from: number): number {
    if (this.#mark === null) return -1
    this.#mark.lastIndex = from
    return this.#mark.exec(text)?.index ?? -1
  }

  #stretches(segments: readonly Segment[]): Stretch[] {
    const stretches: Stretch[] = []
    let text = ''
    const flush = () => {
      if (text !== '') stretches.push(text)
      text = ''
    }
    for (const segment of segments) {
      if (!segment.control) {
        text += segment.text
        continue
      }
      for (const stretch of this.#split(segment.text)) {
        if (typeof stretch === 'string') {
          text += stretch
        } else {
          flush()
          stretches.push(stretch)
        }
      }
    }
    flush()
    return stretches
  }

  /** Leftmost first, and of those that begin there the longest. */
  #split(text: string): Stretch[] {
    const stretches: Stretch[] = []
    let start = 0
    for (let index = 0; index < text.length;) {
      const control = this.#specials
        .get(text[index]!)
        ?.find((control) => text.startsWith(control.text, index))
      if (control === undefined) {
        index++
        continue
      }
      if (index > start) stretches.push(text.slice(start, index))
      stretches.push(control)
      index += control.text.length
      start = index
    }
    if (start < text.length) stretches.push(text.slice(start))
    return stretches
  }
}

/** A character that no token joins with what follows it. */
const guard = '\u0001'

/** UTF-16 units of the character at a place. */
function firstLength(text: string, place: number): number {
  return text.codePointAt(place)! > 0xffff ? 2 : 1
}

/** Without the white space that belongs to the control tokens beside it. */
function stripped(text: string, before: Stretch | undefined, after: Stretch | undefined): string {
  let left = text
  if (typeof before === 'object' && before.stripRight) left = left.replace(/^[\t-\r ]+/, '')
  if (typeof after === 'object' && after.stripLeft) left = left.slice(0, left.length - trailingSpace(left))
  return left
}

function trailingSpace(text: string): number {
  let length = 0
  while (length < text.length && /[\t-\r ]/.test(text[text.length - 1 - length]!)) length++
  return length
}
