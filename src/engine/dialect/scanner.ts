/**
 * Text of an answer as it comes, for readers that are written as if all of it were there: a reader is a generator which
 * yields null to wait for more. As it sees one text, however that was split, splitting changes nothing.
 */

/** Something that a reader found, in the order of the answer. */
export type Found =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thought'; readonly text: string }
  /** A tool call begins. */
  | { readonly type: 'call'; readonly name: string }
  /** More of the arguments of the last call: JSON text. */
  | { readonly type: 'arguments'; readonly text: string }

/** Null waits for more text. */
export type Reading<Result = void> = Generator<Found | null, Result, undefined>

const whiteSpace = /^\s*/u

/**
 * The writer calls `push` and `end`; the reader takes from the front. Between `keep` and `commit`, what was taken can
 * be had back.
 */
export class Scanner {
  /** Texts of control tokens that are spelled out in this answer: they are marks and never content. */
  readonly controls: readonly string[]
  #text = ''
  #at = 0
  /** How much was dropped in front of `#text`. */
  #dropped = 0
  #kept: number | null = null
  #ended = false

  constructor(controls: readonly string[] = []) {
    this.controls = controls
  }

  push(text: string): void {
    const from = this.#kept === null ? this.#at : Math.min(this.#at, this.#kept - this.#dropped)
    this.#text = this.#text.slice(from) + text
    this.#dropped += from
    this.#at -= from
  }

  end(): void {
    this.#ended = true
  }

  get ended(): boolean {
    return this.#ended
  }

  /** How much of the whole answer was taken, in UTF-16 units. */
  get position(): number {
    return this.#dropped + this.#at
  }

  /** What has come and was not taken. */
  get rest(): string {
    return this.#at === 0 ? this.#text : this.#text.slice(this.#at)
  }

  take(length: number): string {
    const taken = this.#text.slice(this.#at, this.#at + length)
    this.#at += taken.length
    return taken
  }

  /** From here on, what is taken can be got back by `undone`; until `commit`. */
  keep(): void {
    this.#kept = this.position
  }

  commit(): void {
    this.#kept = null
  }

  /** All that was taken since `keep`; empty after `commit`. */
  undone(): string {
    const from = this.#kept
    this.#kept = null
    return from === null ? '' : this.#text.slice(from - this.#dropped, this.#at)
  }

  /** The next character; empty at the end of the answer. */
  *peek(): Reading<string> {
    while (this.#at >= this.#text.length) {
      if (this.#ended) return ''
      yield null
    }
    return this.#text.charAt(this.#at)
  }

  /** Whether `text` comes next. */
  *sees(text: string): Reading<boolean> {
    for (;;) {
      if (this.#text.startsWith(text, this.#at)) return true
      if (this.#ended || !text.startsWith(this.#text.slice(this.#at, this.#at + text.length))) return false
      yield null
    }
  }

  /** Takes `text` if it comes next. */
  *takes(text: string): Reading<boolean> {
    if (!(yield* this.sees(text))) return false
    this.#at += text.length
    return true
  }

  /** Takes the white space that comes next. */
  *space(): Reading {
    while ((yield* this.peek()).trim() === '') {
      const { length } = whiteSpace.exec(this.rest)![0]
      if (length === 0) return
      this.#at += length
    }
  }

  /**
   * Takes and hands on text up to one of `marks`, which is left where it is; which one it is, or null at the end. What
   * could be the beginning of a mark is held back until it is clear.
   *
   * @param piece what the text is; null swallows it.
   * @param holdsSpace white space before a mark is left as well.
   */
  *until(
    marks: readonly string[],
    piece: (text: string) => Found | null,
    holdsSpace: boolean,
  ): Reading<string | null> {
    for (;;) {
      const rest = this.rest
      const found = firstOf(marks, rest)
      const last = found === null && this.#ended
      const sure = rest.slice(
        0,
        found?.at ?? (last ? rest.length : rest.length - beginningAtEnd(marks, rest)),
      )
      const text = holdsSpace && !last ? sure.trimEnd() : sure
      this.#at += text.length
      if (text !== '') {
        const handed = piece(text)
        if (handed !== null) yield handed
      }
      if (found !== null) return found.mark
      if (last) return null
      yield null
    }
  }
}

function firstOf(
  marks: readonly string[],
  text: string,
): { readonly mark: string; readonly at: number } | null {
  let first: { mark: string; at: number } | null = null
  for (const mark of marks) {
    const at = text.indexOf(mark)
    if (
      at === -1 ||
      (first !== null && (at > first.at || (at === first.at && mark.length <= first.mark.length)))
    )
      continue
    first = { mark, at }
  }
  return first
}

/** How much of the end of `text` could be the beginning of a mark. */
function beginningAtEnd(marks: readonly string[], text: string): number {
  let most = 0
  for (const mark of marks) {
    for (let length = Math.min(mark.length - 1, text.length); length > most; length--) {
      if (text.endsWith(mark.slice(0, length))) most = length
    }
  }
  return most
}
