/** A way of writing that hides what is said, undone. */
export interface Decoder {
  /** As verdicts name it, such as `base64`. */
  readonly name: string
  /**
   * What of running text it changes, where others decode runs of signs. Numbers in what comes out may be none, and to
   * change the same twice makes noise.
   */
  readonly rewrites?: 'hidden' | 'shapes' | 'digits' | 'gaps' | 'letters' | 'order'
  /** All that it finds in a text, in order, each with where it stood. Linear in the length of the text. */
  decode(text: string): Iterable<Decoded>
}

export interface Decoded {
  readonly text: string
  /** Offsets in the source of what was decoded. */
  readonly start: number
  readonly end: number
}

/** What `decode` makes of each match of `pattern`; what it makes nothing of is left out. */
export function* decodeMatches(
  text: string,
  pattern: RegExp,
  decode: (match: string) => string | null,
): Generator<Decoded> {
  for (const match of text.matchAll(pattern)) {
    const decoded = decode(match[0])
    if (decoded === null || decoded === match[0]) continue
    yield { text: decoded, start: match.index, end: match.index + match[0].length }
  }
}

const passage = {
  /** Up to so many characters a text is one passage. */
  whole: 1200,
  /** Characters on each side of what was found that are read with it. */
  around: 80,
}

/**
 * What `decode` makes of the passages in which `pattern` is found, each with what stands around it: a disguise in one
 * place of a long text does not have all of it read twice.
 */
export function* decodePassages(
  text: string,
  pattern: RegExp,
  decode: (passage: string) => string,
): Generator<Decoded> {
  for (const { start, end } of passagesWith(text, pattern)) {
    const source = text.slice(start, end)
    const decoded = decode(source)
    if (decoded !== source) yield { text: decoded, start, end }
  }
}

function* passagesWith(text: string, pattern: RegExp): Generator<{ start: number; end: number }> {
  let start = -1
  let end = -1
  for (const match of text.matchAll(pattern)) {
    if (text.length <= passage.whole) {
      yield { start: 0, end: text.length }
      return
    }
    const from = match.index - passage.around
    if (start >= 0 && from > end) {
      yield { start, end }
      start = -1
    }
    if (start < 0) start = betweenWords(text, Math.max(0, from))
    end = betweenWords(text, Math.min(text.length, match.index + match[0].length + passage.around))
  }
  if (start >= 0) yield { start, end }
}

/** The first offset from `at` on that is not within a word; `at` itself within a long one. */
function betweenWords(text: string, at: number): number {
  if (at === 0) return 0
  const space = text.slice(at - 1, at + 40).search(/\s/)
  return space < 0 ? at : at + space
}
