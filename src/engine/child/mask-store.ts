/** Masks take memory, so those that were used least recently are dropped, and computed again when they are needed. */
import type { GrammarState } from './grammar-states.ts'

/** Bounds the memory of masks: beyond `mostBytes`, `use` sets the mask of the least recently used states to null. */
export class MaskStore {
  readonly #mostBytes: number
  readonly #used = new Map<GrammarState, number>()
  #bytes = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** Tells that the mask of `state`, which must have one, is in use. */
  use(state: GrammarState): void {
    const known = this.#used.get(state)
    if (known === undefined) this.#bytes += bytesOf(state)
    this.#used.delete(state)
    this.#used.set(state, bytesOf(state))
    for (const [oldest, bytes] of this.#used) {
      if (this.#bytes <= this.#mostBytes || oldest === state) return
      this.#used.delete(oldest)
      this.#bytes -= bytes
      oldest.mask = null
    }
  }
}

function bytesOf({ mask }: GrammarState): number {
  return mask === null ? 0 : mask.bits.byteLength + (mask.few?.byteLength ?? 0)
}
