/** HMAC-SHA-256 (RFC 2104) over one-shot hashes: of short texts, several times as fast as the streaming one of the runtime. */
import { hash } from 'node:crypto'

const blockBytes = 64

/** Keyed once, used many times. */
export class HmacKey {
  readonly #inner: Buffer
  readonly #outer: Buffer

  constructor(key: Uint8Array) {
    const block = Buffer.alloc(blockBytes)
    block.set(key.length > blockBytes ? hash('sha256', key, 'buffer') : key)
    this.#inner = Buffer.allocUnsafe(blockBytes)
    this.#outer = Buffer.allocUnsafe(blockBytes + 32)
    for (let place = 0; place < blockBytes; place++) {
      const byte = block[place] ?? 0
      this.#inner[place] = byte ^ 0x36
      this.#outer[place] = byte ^ 0x5c
    }
  }

  /** 32 bytes. */
  of(text: string): Buffer {
    const length = Buffer.byteLength(text)
    const message = Buffer.allocUnsafe(blockBytes + length)
    message.set(this.#inner)
    message.write(text, blockBytes)
    this.#outer.set(hash('sha256', message, 'buffer'), blockBytes)
    return hash('sha256', this.#outer, 'buffer')
  }
}
