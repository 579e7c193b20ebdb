/** Copies the cells of single nodes out of the native cache and back, bit by bit as they were. */
import { endOf, type PrefixNode } from './prefix-tree.ts'
import type { RawCache } from './cell-store.ts'

/**
 * The library saves and restores whole sequences only, so every piece passes through the sequence `scratch`, which is
 * empty between two calls.
 */
export class CellCopies {
  readonly #raw: RawCache
  /** A native sequence of no tokens, to tell the library which cells are meant. */
  readonly #scratch: number
  readonly #savedTokens: number

  /** @param savedTokens that can be saved together; see `SequenceCacheOptions`. */
  constructor(raw: RawCache, scratch: number, savedTokens: number) {
    this.#raw = raw
    this.#scratch = scratch
    this.#savedTokens = savedTokens
  }

  /** @param owner any native sequence that has the cells. */
  save(node: PrefixNode, owner: number): Uint8Array[] {
    return this.saveRange(node.start, endOf(node), owner)
  }

  /** The cells from one position up to another. */
  saveRange(start: number, end: number, owner: number): Uint8Array[] {
    const pieces: Uint8Array[] = []
    for (let from = start, to = from; from < end; from = to) {
      // At multiples, since some attention looks back no further than to the last of these.
      to = Math.min(end, (Math.floor(from / this.#savedTokens) + 1) * this.#savedTokens)
      this.#raw.copy(owner, this.#scratch, from, to)
      pieces.push(this.#raw.save(this.#scratch))
      this.#raw.remove(this.#scratch, -1, -1)
    }
    return pieces
  }

  /** @param owners native sequences that shall have the cells, after all that comes before these. */
  restore(pieces: readonly Uint8Array[], owners: Iterable<number>): void {
    const all = [...owners]
    for (const piece of pieces) {
      this.#raw.restore(this.#scratch, piece)
      for (const owner of all) this.#raw.copy(this.#scratch, owner, -1, -1)
      this.#raw.remove(this.#scratch, -1, -1)
    }
  }
}
