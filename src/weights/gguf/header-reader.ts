import type { FileHandle } from 'node:fs/promises'
import { elpisError } from '../../errors.ts'
import { limits } from './format.ts'
import { printable, quoted } from './printable.ts'

/**
 * Reads a header from front to back through a window. Nothing is allocated by a length from the file before that length
 * was held against what is left of the file.
 *
 * First `await need(bytes)`, then the synchronous readers; they never go beyond what was needed.
 */
export class HeaderReader {
  readonly fileBytes: number
  readonly #handle: FileHandle
  readonly #file: string
  #window = Buffer.alloc(0)
  #at = 0
  /** Position in the file of the window's end. */
  #end: number

  /** `from` is where to begin; the header bound counts from the beginning of the file. */
  constructor(handle: FileHandle, file: string, fileBytes: number, from = 0) {
    this.#handle = handle
    this.#file = file
    this.fileBytes = fileBytes
    this.#end = from
  }

  /** Position in the file of the next byte. */
  get position(): number {
    return this.#end - this.buffered
  }

  /** Bytes that can be read without waiting. */
  get buffered(): number {
    return this.#window.length - this.#at
  }

  get remaining(): number {
    return this.fileBytes - this.position
  }

  /** @throws `weights_invalid`, always. */
  refuse(reason: string): never {
    throw elpisError('weights_invalid', { file: printable(this.#file), reason })
  }

  /** Makes the next `bytes` readable. `what` names them in the refusal. */
  async need(bytes: number, what: What): Promise<void> {
    if (bytes <= this.buffered) return
    this.#withinFile(bytes, what)
    const position = this.position
    if (position + bytes > limits.headerBytes) {
      this.refuse(`its header is larger than ${limits.headerBytes} bytes`)
    }
    const window = Buffer.allocUnsafe(Math.min(Math.max(bytes, windowBytes), this.remaining))
    let filled = this.#window.copy(window, 0, this.#at)
    while (filled < window.length) {
      const { bytesRead } = await this.#handle.read(window, filled, window.length - filled, position + filled)
      if (bytesRead === 0) this.refuse('it shrank while it was read')
      filled += bytesRead
    }
    this.#window = window
    this.#at = 0
    this.#end = position + filled
  }

  /** As much as is left of the file, at most `bytes`: for records whose length is known only by reading them. */
  async prefetch(bytes: number, what: What): Promise<void> {
    await this.need(Math.min(bytes, this.remaining), what)
  }

  /** Passes over `bytes` without reading them. */
  skip(bytes: number, what: What): void {
    this.#withinFile(bytes, what)
    if (this.position + bytes > limits.headerBytes) {
      this.refuse(`its header is larger than ${limits.headerBytes} bytes`)
    }
    if (bytes <= this.buffered) {
      this.#at += bytes
      return
    }
    const target = this.position + bytes
    this.#window = Buffer.alloc(0)
    this.#at = 0
    this.#end = target
  }

  u8(): number {
    return this.#window.readUInt8(this.#step(1))
  }

  u16(): number {
    return this.#window.readUInt16LE(this.#step(2))
  }

  u32(): number {
    return this.#window.readUInt32LE(this.#step(4))
  }

  i8(): number {
    return this.#window.readInt8(this.#step(1))
  }

  i16(): number {
    return this.#window.readInt16LE(this.#step(2))
  }

  i32(): number {
    return this.#window.readInt32LE(this.#step(4))
  }

  f32(): number {
    return this.#window.readFloatLE(this.#step(4))
  }

  f64(): number {
    return this.#window.readDoubleLE(this.#step(8))
  }

  u64(): bigint {
    return this.#window.readBigUInt64LE(this.#step(8))
  }

  i64(): bigint {
    return this.#window.readBigInt64LE(this.#step(8))
  }

  /** A 64-bit count, length or offset as a number. One that no file can have is refused, never rounded. */
  size(what: What): number {
    const at = this.#step(8)
    const high = this.#window.readUInt32LE(at + 4)
    if (high > 0x1f_ffff)
      this.refuse(`${named(what)} is ${this.#window.readBigUInt64LE(at)}, which is impossible`)
    return high * 0x1_0000_0000 + this.#window.readUInt32LE(at)
  }

  /** The next bytes as a view: valid until the next `need`. */
  bytes(length: number): Buffer {
    const at = this.#step(length)
    return this.#window.subarray(at, at + length)
  }

  /**
   * Passes over strings with their length in front for as long as whole ones of at most `most` bytes are buffered and
   * `visit` says true of them; at most `count`. Returns how many it passed; the one it stopped at is still to be read.
   */
  passTexts(count: number, most: number, visit: TextVisitor | null): number {
    const window = this.#window
    let at = this.#at
    let passed = 0
    for (; passed < count && at + 8 <= window.length; passed++) {
      const length = window[at]! | (window[at + 1]! << 8) | (window[at + 2]! << 16)
      const higher = window[at + 3]! | window[at + 4]! | window[at + 5]! | window[at + 6]! | window[at + 7]!
      const end = at + 8 + length
      if (higher !== 0 || length > most || end > window.length) break
      if (visit !== null && !visit(window, at + 8, end)) break
      at = end
    }
    this.#at = at
    return passed
  }

  /** A string with its length in front, of at most `most` bytes of UTF-8. */
  async text(most: number, what: What): Promise<string> {
    if (this.buffered < 8) await this.need(8, () => `the length of ${named(what)}`)
    const length = this.size(() => `the length of ${named(what)}`)
    if (length > most) this.refuse(`${named(what)} is ${length} bytes long, more than ${most}`)
    if (this.buffered < length) await this.need(length, what)
    const bytes = this.bytes(length)
    try {
      return utf8.decode(bytes)
    } catch {
      return this.refuse(`${named(what)} is not UTF-8: ${quoted(bytes.toString('latin1'))}`)
    }
  }

  #withinFile(bytes: number, what: What): void {
    if (bytes > this.remaining) {
      this.refuse(
        `it ends within ${named(what)}: that needs ${bytes} bytes at ${this.position}, and the file has ${this.fileBytes}`,
      )
    }
  }

  #step(bytes: number): number {
    const at = this.#at
    if (bytes > this.buffered) this.refuse(`it ends at ${this.fileBytes} bytes, within its header`)
    this.#at = at + bytes
    return at
  }
}

/** What is being read, for refusals; a function where making the text for each element would take long. */
export type What = string | (() => string)

function named(what: What): string {
  return typeof what === 'string' ? what : what()
}

/** Looks at one string: the bytes of `window` from `from` to before `end`. */
export type TextVisitor = (window: Uint8Array, from: number, end: number) => boolean

const windowBytes = 256 * 1024
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
