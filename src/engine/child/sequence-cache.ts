/**
 * The KV cache, seen as sequences, with one promise that the native library does not give: the cells of a sequence
 * stand in the order of its positions.
 *
 * Why: attention adds up cell by cell, and sums of floats depend on their order. The library puts a token into the first
 * free cell, so when a neighbour ends, the sequences that go on get cells before their older ones, and the same request
 * gives another text than alone. Here the cells of what has ended are kept, so that new cells always come after old
 * ones, until there is too much of it: then what lives is copied out, the cache emptied, and copied back in.
 */

/** The native operations on the cache; ranges of positions are [from, to), and -1 leaves an end open. */
export interface RawCache {
  /** Forgets everything. */
  clear(): void
  remove(sequence: number, from: number, to: number): void
  /** Makes cells of one sequence belong to another one as well. */
  copy(source: number, target: number, from: number, to: number): void
  save(sequence: number): Uint8Array
  /** Replaces the sequence by what was saved. @throws when there is no room. */
  restore(sequence: number, state: Uint8Array): void
}

export interface SequenceCacheOptions {
  /** Cells of the whole cache. */
  readonly cells: number
  /** Sequences 0 to `sequences` - 1 are for callers; the native cache needs one more. */
  readonly sequences: number
  /** False where results depend on more than order, or the cache cannot be copied in part: then cells are freed at once. */
  readonly ordered: boolean
}

/** Cells at the start of several sequences, such as a prompt with several answers. */
interface Share {
  readonly length: number
  readonly members: Set<number>
}

interface Sequence {
  length: number
  share: Share | null
}

/** Less garbage than this is never worth a copy. */
const leastGarbage = 256

export class SequenceCache {
  readonly #raw: RawCache
  readonly #options: SequenceCacheOptions
  /** The native sequence that owns the cells of what has ended. */
  readonly #grave: number
  readonly #sequences = new Map<number, Sequence>()
  #live = 0
  #garbage = 0

  constructor(raw: RawCache, options: SequenceCacheOptions) {
    this.#raw = raw
    this.#options = options
    this.#grave = options.sequences
  }

  /** Cells that hold living sequences; a shared one counts once. */
  get live(): number {
    return this.#live
  }

  /** Cells that new tokens may take. */
  get free(): number {
    return this.#options.cells - this.#live
  }

  /** Tokens of a sequence that are in the cache. */
  lengthOf(sequence: number): number {
    return this.#sequences.get(sequence)?.length ?? 0
  }

  /** Makes room for `tokens` more, which must not be more than are `free`. */
  reserve(tokens: number): void {
    if (tokens > this.free)
      throw new RangeError(`${tokens} tokens do not fit beside ${this.#live} in the cache`)
    const full = this.#live + this.#garbage + tokens > this.#options.cells
    if (full || this.#garbage > Math.max(leastGarbage, this.#live / 2)) this.#compact()
  }

  /** Tokens were decoded into the sequence, after `reserve`. */
  grow(sequence: number, tokens: number): void {
    const entry = this.#sequences.get(sequence)
    if (entry === undefined) this.#sequences.set(sequence, { length: tokens, share: null })
    else entry.length += tokens
    this.#live += tokens
  }

  /** Makes the empty sequence `target` begin with all that `source` has. Costs no cells. */
  share(source: number, target: number): void {
    const entry = this.#sequences.get(source)
    if (entry === undefined || this.#sequences.has(target))
      throw new Error('only an empty sequence can share another')
    const share =
      entry.share?.length === entry.length
        ? entry.share
        : { length: entry.length, members: new Set([source]) }
    if (entry.share !== null && entry.share !== share) throw new Error('a sequence shares only one beginning')
    entry.share = share
    share.members.add(target)
    this.#sequences.set(target, { length: entry.length, share })
    this.#raw.copy(source, target, -1, -1)
  }

  /** Forgets the whole sequence. */
  release(sequence: number): void {
    const entry = this.#sequences.get(sequence)
    if (entry === undefined) return
    this.#sequences.delete(sequence)
    entry.share?.members.delete(sequence)
    const kept = entry.share !== null && entry.share.members.size > 0 ? entry.share.length : 0
    const freed = entry.length - kept
    this.#live -= freed
    if (this.#options.ordered) {
      this.#raw.copy(sequence, this.#grave, -1, -1)
      this.#garbage += freed
    }
    this.#raw.remove(sequence, -1, -1)
    if (this.#sequences.size === 0) this.clear()
  }

  /** Forgets everything. */
  clear(): void {
    this.#raw.clear()
    this.#sequences.clear()
    this.#live = 0
    this.#garbage = 0
  }

  #compact(): void {
    if (!this.#options.ordered || this.#garbage === 0) return
    const whole: { sequence: number; state: Uint8Array }[] = []
    const tails: { sequence: number; owner: number; length: number; state: Uint8Array | null }[] = []
    const owners = new Map<Share, number>()
    for (const [sequence, { length, share }] of this.#sequences) {
      const owner = share === null ? undefined : owners.get(share)
      if (share === null || owner === undefined) {
        whole.push({ sequence, state: this.#raw.save(sequence) })
        if (share !== null) owners.set(share, sequence)
      } else {
        this.#raw.remove(sequence, 0, share.length)
        const state = length > share.length ? this.#raw.save(sequence) : null
        tails.push({ sequence, owner, length: share.length, state })
      }
    }
    this.#raw.clear()
    this.#garbage = 0
    for (const { sequence, state } of whole) this.#raw.restore(sequence, state)
    for (const { sequence, owner, length, state } of tails) {
      // Restoring forgets what the sequence had, so what is shared comes after.
      if (state !== null) this.#raw.restore(sequence, state)
      this.#raw.copy(owner, sequence, 0, length)
    }
  }
}
