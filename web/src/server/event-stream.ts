/** Longest event that is kept in memory, in characters. */
const longestEvent = 4_000_000

/**
 * The `data` of every server-sent event in `body`, as the HTML standard, 9.2.6, reads them. Other fields do not matter
 * here. An event that the stream ends in the middle of is dropped, as the standard says.
 *
 * @throws RangeError when one event is longer than four million characters.
 */
export async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  const lines = new LineSplitter()
  let data: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const line of lines.push(value)) {
        if (line === '') {
          if (data.length > 0) yield data.join('\n')
          data = []
        } else if (line.startsWith('data:')) {
          data.push(line.slice(line[5] === ' ' ? 6 : 5))
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** Lines end with CR, LF or CR LF, wherever the chunks are cut. */
class LineSplitter {
  #rest = ''
  /** The last chunk ended with CR: an LF at the start of the next one belongs to it. */
  #afterReturn = false

  push(chunk: string): string[] {
    const text = this.#rest + (this.#afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk)
    if (chunk !== '') this.#afterReturn = chunk.endsWith('\r')
    const lines = text.split(/\r\n|\r|\n/)
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > longestEvent) throw new RangeError('An event of the server is too long.')
    return lines
  }
}
