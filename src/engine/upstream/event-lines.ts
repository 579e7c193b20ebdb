import { StringDecoder } from 'node:string_decoder'

/** Longest event, in UTF-16 units. A token with twenty alternatives takes some 2,000. */
const longestEvent = 1024 * 1024

/**
 * Server-sent events out of bytes as they come, their `data` only (HTML Living Standard, 9.2.6): comments, ids and names
 * say nothing that is not in the data here. Lines end with LF or CRLF; a lone CR, which nobody sends, ends none.
 */
export class EventLines {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onData: (data: string) => void
  /** The beginning of a line whose end has not come. */
  #line = ''
  /** Data of an event whose end has not come. */
  #data: string | null = null

  constructor(onData: (data: string) => void) {
    this.#onData = onData
  }

  /** True when the stream stands at the end of an event. */
  get whole(): boolean {
    return this.#line === '' && this.#data === null
  }

  /** @returns false when an event is longer than any may be */
  take(chunk: Buffer): boolean {
    const text = this.#decoder.write(chunk)
    let begin = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', begin)) {
      const piece = text.slice(begin, end)
      const line = this.#line === '' ? piece : this.#line + piece
      this.#line = ''
      this.#takeLine(line.endsWith('\r') ? line.slice(0, -1) : line)
      begin = end + 1
    }
    this.#line += text.slice(begin)
    return this.#line.length + (this.#data?.length ?? 0) <= longestEvent
  }

  #takeLine(line: string): void {
    if (line === '') {
      const data = this.#data
      this.#data = null
      if (data !== null) this.#onData(data)
      return
    }
    if (!line.startsWith('data:')) return
    const value = line.slice(line[5] === ' ' ? 6 : 5)
    this.#data = this.#data === null ? value : `${this.#data}\n${value}`
  }
}
