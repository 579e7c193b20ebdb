import type { FileHandle } from 'node:fs/promises'
import type { FileShelf } from './file-shelf.ts'

/**
 * Results of a batch as they come, a line each. What it holds is the truth about which lines are done: a server that
 * was killed reads it, cuts off a line that was written by half, and goes on.
 */
export class ResultFile {
  readonly blob: string
  readonly #shelf: FileShelf
  readonly #handle: FileHandle
  #size: number
  #last: Promise<void> = Promise.resolve()

  private constructor(shelf: FileShelf, blob: string, handle: FileHandle, size: number) {
    this.blob = blob
    this.#shelf = shelf
    this.#handle = handle
    this.#size = size
  }

  /** Opens it and tells of every whole line that it has. */
  static async open(shelf: FileShelf, blob: string, onLine: (line: string) => void): Promise<ResultFile> {
    const handle = await shelf.grow(blob)
    let whole = 0
    let size = 0
    let rest = Buffer.alloc(0)
    for await (const chunk of handle.createReadStream({
      start: 0,
      autoClose: false,
    }) as AsyncIterable<Buffer>) {
      size += chunk.length
      rest = Buffer.concat([rest, chunk])
      for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
        onLine(rest.subarray(0, end).toString())
        whole += end + 1
        rest = rest.subarray(end + 1)
      }
    }
    if (whole < size) await shelf.truncate(handle, whole)
    return new ResultFile(shelf, blob, handle, whole)
  }

  /** One after another, so that lines never mix. */
  append(line: object): Promise<void> {
    const content = Buffer.from(`${JSON.stringify(line)}\n`)
    const appended = this.#last.then(() => this.#append(content))
    this.#last = appended.catch(() => {})
    return appended
  }

  async #append(content: Buffer): Promise<void> {
    try {
      await this.#shelf.append(this.#handle, content)
      this.#size += content.length
    } catch (error) {
      // A full disk may have taken half of it.
      await this.#shelf.truncate(this.#handle, this.#size)
      throw error
    }
  }

  /** Durable when this resolves; the size it has then. */
  async close(): Promise<number> {
    await this.#last
    await this.#handle.sync()
    await this.#handle.close()
    return this.#size
  }
}
