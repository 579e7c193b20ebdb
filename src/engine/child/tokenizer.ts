/**
 * Turns a prompt into tokens. Control tokens are looked for only in segments that may have them, and everything between
 * two of them is tokenised as one text, wherever segments begin: so a sentence means the same however it was cut, and
 * what a user writes never becomes a control token.
 */
import type { Segment } from '../protocol.ts'
import type { ControlToken } from './vocabulary.ts'

/** What tokenising needs of a vocabulary. */
export interface TokenizerVocabulary {
  readonly beginning: number
  readonly addsBeginning: boolean
  readonly controlTokens: readonly ControlToken[]
  tokenize(text: string): Int32Array
}

/** Texts and control tokens in turn. */
type Stretch = string | ControlToken

export class Tokenizer {
  readonly #vocabulary: TokenizerVocabulary
  /** By their first character, longest first. */
  readonly #controls: ReadonlyMap<string, readonly ControlToken[]>

  constructor(vocabulary: TokenizerVocabulary) {
    this.#vocabulary = vocabulary
    const longestFirst = vocabulary.controlTokens.toSorted(
      (left, right) => right.text.length - left.text.length,
    )
    this.#controls = Map.groupBy(longestFirst, (control) => control.text[0]!)
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
      if (text !== '') parts.push(this.#vocabulary.tokenize(text))
    }
    const tokens = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0))
    let offset = 0
    for (const part of parts) {
      tokens.set(part, offset)
      offset += part.length
    }
    return tokens
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
      const control = this.#controls
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
