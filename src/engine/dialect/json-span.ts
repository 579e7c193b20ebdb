/** Reads JSON out of an answer as it comes. It looks for ends only: whether the JSON is sound is for whoever gets it. */
import type { Found, Reading, Scanner } from './scanner.ts'

/** Where one JSON value ends. */
export class JsonSpan {
  /** Brackets that are still to come, innermost last. */
  readonly #closers: string[] = []
  #kind: 'unknown' | 'nested' | 'string' | 'scalar' = 'unknown'
  #inString = false
  #escaped = false
  #done = false

  /** The value has come to its end, or cannot go on. */
  get done(): boolean {
    return this.#done
  }

  /** How many characters of `text` belong to the value. */
  take(text: string): number {
    let taken = 0
    while (taken < text.length && !this.#done && this.#takes(text.charAt(taken))) taken++
    return taken
  }

  #takes(letter: string): boolean {
    if (this.#inString) {
      this.#inString = this.#escaped || letter !== '"'
      this.#escaped = !this.#escaped && letter === '\\'
      if (!this.#inString && this.#kind === 'string') this.#done = true
      return true
    }
    if (this.#kind === 'unknown') this.#kind = kindOf(letter)
    if (letter === '"' && this.#kind !== 'scalar') this.#inString = true
    else if (letter === '{') this.#closers.push('}')
    else if (letter === '[') this.#closers.push(']')
    else if (letter === '}' || letter === ']') return this.#closes(letter)
    else if (this.#kind === 'scalar' && /[\s,]/u.test(letter)) return this.#ends()
    return true
  }

  /** A bracket that closes nothing belongs to what is around the value. */
  #closes(letter: string): boolean {
    if (this.#closers.at(-1) !== letter) return this.#ends()
    this.#closers.pop()
    if (this.#closers.length === 0) this.#done = true
    return true
  }

  #ends(): boolean {
    this.#done = true
    return false
  }
}

function kindOf(letter: string): 'nested' | 'string' | 'scalar' {
  return letter === '{' || letter === '[' ? 'nested' : letter === '"' ? 'string' : 'scalar'
}

/** Takes and hands on one JSON value; false when the answer, or a mark, ended it. */
export function* readValue(scanner: Scanner, piece: (text: string) => Found | null): Reading<boolean> {
  const span = new JsonSpan()
  for (;;) {
    const { rest } = scanner
    const mark = scanner.controls.reduce((first, control) => {
      const at = rest.indexOf(control)
      return at === -1 ? first : Math.min(first, at)
    }, rest.length)
    const length = span.take(rest.slice(0, mark))
    if (length > 0) {
      const handed = piece(scanner.take(length))
      if (handed !== null) yield handed
    }
    if (span.done) return true
    if (length < rest.length || scanner.ended) return false
    yield null
  }
}

/** One JSON value as a text; null when it did not come to its end. */
export function* wholeValue(scanner: Scanner): Reading<string | null> {
  let text = ''
  const whole = yield* readValue(scanner, (more) => {
    text += more
    return null
  })
  // A number at the very end of an answer has no end of its own.
  return whole || (scanner.ended && /^[\w.+-]+$/u.test(text)) ? text : null
}

/** A JSON string, decoded; null when none comes next or it is broken. */
export function* readString(scanner: Scanner): Reading<string | null> {
  if ((yield* scanner.peek()) !== '"') return null
  const text = yield* wholeValue(scanner)
  if (text === null) return null
  const value = parsed(text)
  return typeof value === 'string' ? value : null
}

/** What JSON text stands for; undefined when it is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The arguments of a call, handed on as JSON text. Some models write them as a string with JSON in it. */
export function* readArguments(scanner: Scanner): Reading {
  const first = yield* scanner.peek()
  if (first === '{') {
    yield* readValue(scanner, (text) => ({ type: 'arguments', text }))
    return
  }
  const text = yield* wholeValue(scanner)
  const inner = text === null ? undefined : parsed(text)
  yield { type: 'arguments', text: typeof inner === 'string' ? inner : inner === null ? '{}' : (text ?? '') }
}
