/** A way of writing that hides what is said, undone. */
export interface Decoder {
  /** As verdicts name it, such as `base64`. */
  readonly name: string
  /** What it finds in a text, each with where it stood. Linear in the length of the text; at most some dozen. */
  decode(text: string): Iterable<Decoded>
}

export interface Decoded {
  readonly text: string
  /** Offsets in the source of what was decoded. */
  readonly start: number
  readonly end: number
}

const mostFound = 32

/** What `decode` makes of each match of `pattern`; what it makes nothing of is left out. */
export function* decodeMatches(
  text: string,
  pattern: RegExp,
  decode: (match: string) => string | null,
): Generator<Decoded> {
  let found = 0
  for (const match of text.matchAll(pattern)) {
    const decoded = decode(match[0])
    if (decoded === null || decoded === match[0]) continue
    yield { text: decoded, start: match.index, end: match.index + match[0].length }
    if (++found === mostFound) return
  }
}
