import { randomFillSync } from 'node:crypto'

const bytesAtOnce = 4096

/** Random letters for ids, of bytes that are drawn for many ids at once: a draw costs more than all else of an id. */
export class RandomLetters {
  readonly #bytes: number
  readonly #filler: string
  readonly #pool: Buffer
  #used: number

  /**
   * @param bytes random bytes of each id
   * @param filler the letter that stands for the two of base64url that are none
   */
  constructor(bytes: number, filler: string) {
    this.#bytes = bytes
    this.#filler = filler
    this.#pool = Buffer.alloc(bytes * Math.ceil(bytesAtOnce / bytes))
    this.#used = this.#pool.length
  }

  next(): string {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool)
      this.#used = 0
    }
    const begin = this.#used
    this.#used += this.#bytes
    const letters = this.#pool.toString('base64url', begin, this.#used).replaceAll(/[-_]/g, this.#filler)
    // What was given out is nobody else's to read.
    this.#pool.fill(0, begin, this.#used)
    return letters
  }
}
