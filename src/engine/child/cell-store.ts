/**
 * The cells of the native cache, as the nodes of a tree: which are used, which are kept in case somebody begins like
 * them, and which are of no use any more. Makes room by parking or forgetting what was used least lately, and by
 * copying the rest together.
 */
import { CellCopies } from './cell-copies.ts'
import { ParkedStates } from './parked-states.ts'
import { below, isLeaf, endOf, newNode, ownersOf, type PrefixNode, upwards } from './prefix-tree.ts'

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
  /** How many sequences may run at once. */
  readonly sequences: number
  /** Numbers of native sequences, from 0: two more than run at once, and one for every branch that is kept. */
  readonly numbers: number
  /** False where results depend on more than the order of cells: then they are freed at once. */
  readonly ordered: boolean
  /** False where a sequence can be copied or removed only as a whole: then nothing is kept. */
  readonly divisible: boolean
  /** Tokens of a sequence that can be saved together; the library leaves out of a longer one what its attention passed. */
  readonly savedTokens: number
  /** Bytes of branches that may be kept outside of the cells. */
  readonly parkedBytes: number
}

/** Fewer cells of no use are never worth a copy. */
const leastUseless = 1024

/**
 * Owns the native sequence numbers; the last two are its own, one to copy with and one that holds cells of no use.
 * The caller calls `reserve` before tokens are computed and `grew` after; `SequenceCache` is its only user.
 */
export class CellStore {
  readonly #raw: RawCache
  readonly #options: SequenceCacheOptions
  readonly #copies: CellCopies
  readonly #parked: ParkedStates
  /** The native sequence that owns cells of no use. */
  readonly #grave: number
  /** The empty beginnings, one for each adapter. */
  readonly #roots = new Map<number | null, PrefixNode>()
  #freeNumbers: number[]
  #live = 0
  #idle = 0
  #garbage = 0
  #uses = 0

  constructor(raw: RawCache, options: SequenceCacheOptions) {
    this.#raw = raw
    this.#options = options
    this.#grave = options.numbers - 1
    this.#copies = new CellCopies(raw, options.numbers - 2, options.savedTokens)
    this.#parked = new ParkedStates(this.#copies, options.parkedBytes)
    this.#freeNumbers = numbersBelow(options.numbers - 2)
  }

  /** Cells of running sequences; a shared one counts once. */
  get live(): number {
    return this.#live
  }

  /** Cells of branches that nobody runs. */
  get idle(): number {
    return this.#idle
  }

  /** Cells that nothing can be found in any more. */
  get garbage(): number {
    return this.#garbage
  }

  /** Cells that new tokens may take. */
  get free(): number {
    return this.#options.cells - this.#live
  }

  /** The empty beginning of everything that is computed with this adapter. */
  rootOf(adapter: number | null): PrefixNode {
    const root = this.#roots.get(adapter) ?? newNode(null, null)
    this.#roots.set(adapter, root)
    return root
  }

  /** So many tokens were computed into nodes of running sequences; fewer than none were taken back. */
  grew(tokens: number): void {
    this.#live += tokens
  }

  /** Makes room for `tokens` more, which must not be more than are `free`. */
  reserve(tokens: number): void {
    if (tokens > this.free)
      throw new RangeError(`${tokens} tokens do not fit beside ${this.#live} in the cache`)
    const { cells, ordered } = this.#options
    const useless = this.#idle + this.#garbage
    const full = this.#live + useless + tokens > cells
    // Where cells are freed at once, nothing is in the way of anything before the last one is taken.
    const most = ordered ? Math.max(leastUseless, this.#live / 2) : Infinity
    if (!full && useless <= most) return
    this.#makeIdle(Math.min(most / 2, cells - this.#live - tokens))
    if (this.#garbage > 0) this.#compact()
  }

  /** Counts another running sequence in all nodes up from this one. */
  pin(tip: PrefixNode): void {
    this.#uses++
    for (const node of upwards(tip)) {
      node.lastUse = this.#uses
      if (node.running++ > 0 || node.parked !== null) continue
      this.#idle -= node.tokens.length
      this.#live += node.tokens.length
    }
  }

  unpin(tip: PrefixNode): void {
    this.#uses++
    for (const node of upwards(tip)) {
      node.lastUse = this.#uses
      if (--node.running > 0 || node.parked !== null) continue
      this.#live -= node.tokens.length
      this.#idle += node.tokens.length
    }
  }

  /** A native sequence with all cells up to the end of a pinned node: its own, if nobody runs that, or a new one. */
  numberFor(node: PrefixNode): number {
    for (;;) {
      const [own] = node.owners
      if (own !== undefined && node.running === 1 && isLeaf(node)) return own
      const number = this.#freeNumbers.pop()
      if (number !== undefined) {
        const [owner] = ownersOf(node)
        if (node.parent !== null) this.#raw.copy(owner!, number, 0, endOf(node))
        node.owners.add(number)
        return number
      }
      const last = this.#leastUsedLeaf()
      if (last === null) throw new Error('there are no more numbers for sequences')
      this.evict(last, true)
    }
  }

  /** Gives a pinned node that was parked its cells back; `number` has what comes before them. */
  bringBack(node: PrefixNode, number: number): void {
    this.#parked.return(node, number)
    this.#live += node.tokens.length
    node.parent!.owners.delete(number)
    node.owners.add(number)
  }

  /** Copies the first cells of a native sequence out. */
  copyOut(number: number, length: number): Uint8Array[] {
    return this.#copies.saveRange(0, length, number)
  }

  /**
   * Puts a beginning that was copied out of another cache among those that are parked, for everybody. To be called while
   * the cache is empty: it is tried out there.
   *
   * @returns false when it does not fit, or is not what a cache like this one wrote.
   */
  adopt(tokens: Int32Array, pieces: readonly Uint8Array[]): boolean {
    if (tokens.length > this.free) return false
    try {
      this.#copies.restore(pieces, [])
    } catch {
      this.#raw.clear()
      return false
    }
    const node = newNode(this.rootOf(null), null)
    node.tokens = [...tokens]
    if (this.#parked.add(node, pieces)) return true
    node.parent?.children.delete(node)
    return false
  }

  /** Takes the cells of a leaf that nobody runs, parked or forgotten. */
  evict(node: PrefixNode, keep: boolean): void {
    const parent = node.parent!
    const [number] = node.owners
    const count = node.tokens.length
    if (!keep || !this.#parked.park(node, number!)) this.#parked.forget(node)
    node.owners.clear()
    this.#idle -= count
    this.discard(number!, node.start, count)
    parent.owners.add(number!)
    // What has cells needs an owner, and one is enough for what nobody runs.
    if (!isLeaf(parent) || parent.owners.size > 1) this.letGo(parent, number!)
  }

  /** The number ends here and nothing needs it. */
  letGo(node: PrefixNode, number: number): void {
    node.owners.delete(number)
    this.#raw.remove(number, -1, -1)
    this.#freeNumbers.push(number)
  }

  /** Takes everything that only a sequence that has ended had: where a state cannot be divided, or nothing is kept. */
  forget(tip: PrefixNode, number: number): void {
    const end = endOf(tip)
    let from = end
    for (const node of upwards(tip)) {
      if (node.running > 0) break
      this.#idle -= node.tokens.length
      node.parent!.children.delete(node)
      from = node.start
    }
    if (this.#options.ordered && from < end) {
      this.#raw.copy(number, this.#grave, from, -1)
      this.#garbage += end - from
    }
    this.letGo(tip, number)
  }

  /** Takes cells from a sequence that has them alone. */
  discard(number: number, from: number, count: number): void {
    if (this.#options.ordered) {
      this.#raw.copy(number, this.#grave, from, -1)
      this.#garbage += count
    }
    this.#raw.remove(number, from, -1)
  }

  /** Forgets everything, also what is parked. */
  clear(): void {
    this.#raw.clear()
    this.#parked.clear()
    this.#roots.clear()
    this.#freeNumbers = numbersBelow(this.#options.numbers - 2)
    this.#live = this.#idle = this.#garbage = 0
  }

  #makeIdle(most: number): void {
    while (this.#idle > most) {
      const last = this.#leastUsedLeaf()
      if (last === null) return
      this.evict(last, true)
    }
  }

  #leastUsedLeaf(): PrefixNode | null {
    let found: PrefixNode | null = null
    for (const root of this.#roots.values()) {
      for (const node of below(root)) {
        if (node.running > 0 || !isLeaf(node)) continue
        if (found === null || node.lastUse < found.lastUse) found = node
      }
    }
    return found
  }

  #compact(): void {
    const nodes = this.#roots.values().flatMap(below).toArray()
    const saved = nodes
      .filter((node) => node.parked === null)
      .map((node) => {
        const owners = [...ownersOf(node)]
        return { owners, pieces: this.#copies.save(node, owners[0]!) }
      })
    this.#raw.clear()
    this.#garbage = 0
    for (const { owners, pieces } of saved) this.#copies.restore(pieces, owners)
  }
}

function numbersBelow(count: number): number[] {
  return Array.from({ length: count }, (_, index) => count - 1 - index)
}
