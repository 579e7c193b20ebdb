/**
 * The KV cache, seen as sequences that share their beginnings. What has been computed once stays when its sequence
 * ends, as a branch of a tree, until its room is needed; a new sequence takes over the longest beginning that it has
 * in common with anything there. Nothing is copied for that: a cell can belong to many sequences.
 *
 * One promise that the native library does not give: the cells of a sequence stand in the order of its positions.
 * Why: attention adds up cell by cell, and sums of floats depend on their order. The library puts a token into the first
 * free cell, so when a neighbour ends, the sequences that go on get cells before their older ones, and the same request
 * gives another text than alone. Here no cell is freed by itself: new ones always come after old ones, until too much
 * is of no use. Then what is used is copied out, the cache emptied, and copied back in. What was used least lately is
 * not put back but stays outside, parked, and returns when somebody begins like it.
 */
import { CellStore, type RawCache, type SequenceCacheOptions } from './cell-store.ts'
import {
  endOf,
  isLeaf,
  longestMatch,
  type Match,
  newNode,
  noMatch,
  type PrefixNode,
  split,
  upwards,
} from './prefix-tree.ts'

/** Whose tokens they are, and so who may share them. */
export interface Origin {
  readonly adapter: number | null
  readonly scope: string
  /** So many tokens at the beginning are no secret: everybody may share them. */
  readonly openTokens: number
}

/** A running sequence. */
export interface Sequence {
  /** Of the native cache. */
  readonly number: number
  readonly origin: Origin
  /** Tokens that are in the cache. */
  length: number
  tip: PrefixNode
}

/** A common beginning that is shorter is not worth sharing. */
const leastShared = 4

/**
 * The life of a sequence: `begin` or `fork`, then `reserve` before tokens are decoded and `grow` after, `trim` to
 * take wrong ones back, `end`. At most `free` tokens may be reserved.
 */
export class SequenceCache {
  readonly #cells: CellStore
  readonly #options: SequenceCacheOptions
  #running = 0

  constructor(raw: RawCache, options: SequenceCacheOptions) {
    this.#cells = new CellStore(raw, options)
    this.#options = options
  }

  /** Cells of running sequences; a shared one counts once. */
  get live(): number {
    return this.#cells.live
  }

  /** Cells of branches that nobody runs. */
  get idle(): number {
    return this.#cells.idle
  }

  /** Cells that nothing can be found in any more. */
  get garbage(): number {
    return this.#cells.garbage
  }

  /** Cells that new tokens may take. */
  get free(): number {
    return this.#cells.free
  }

  /** Sequences that have begun and not ended. */
  get running(): number {
    return this.#running
  }

  /**
   * What a sequence of these tokens would find, now. At least one token is left to be computed.
   *
   * @returns how many tokens, and how many of them are in use anyway, so that they take no free cell.
   */
  find(origin: Origin, tokens: ArrayLike<number>): { readonly length: number; readonly live: number } {
    const { path, length } = this.#match(origin, tokens)
    let live = 0
    for (const node of path) if (node.running > 0) live = Math.min(endOf(node), length)
    return { length, live }
  }

  /** Begins a sequence with as many of the tokens as are there; its `length` says how many. */
  begin(origin: Origin, tokens: ArrayLike<number>): Sequence {
    if (this.#running === this.#options.sequences) throw new Error('too many sequences run')
    const root = this.#cells.rootOf(origin.adapter)
    const { path, length } = this.#bringBack(this.#match(origin, tokens))
    const last = path.at(-1)
    const tip = last === undefined ? root : length < endOf(last) ? split(last, length) : last
    return this.#enter(tip, origin)
  }

  /** Begins another sequence with all that this one has. Costs no cells. */
  fork({ tip, origin, length }: Sequence): Sequence {
    if (endOf(tip) !== length) throw new Error('a sequence ends with its last node')
    return this.#enter(tip, origin)
  }

  /** Makes room for `tokens` more, which must not be more than are `free`. */
  reserve(tokens: number): void {
    this.#cells.reserve(tokens)
  }

  /** These tokens were decoded into the sequence, after `reserve`. */
  grow(sequence: Sequence, tokens: ArrayLike<number>): void {
    const { openTokens, scope } = sequence.origin
    for (let index = 0; index < tokens.length; index++) {
      const tip = this.#growing(sequence, sequence.length < openTokens ? null : scope)
      tip.tokens.push(tokens[index]!)
      sequence.length++
    }
    this.#cells.grew(tokens.length)
  }

  /** Takes back the last tokens that were decoded into it, down to `length`; nobody may have shared them yet. */
  trim(sequence: Sequence, length: number): void {
    const { tip, number } = sequence
    const count = sequence.length - length
    if (count <= 0) return
    if (count > tip.tokens.length || !isAlone(tip)) throw new Error('what others share stays')
    tip.tokens.length -= count
    sequence.length = length
    this.#cells.grew(-count)
    this.#cells.discard(number, length, count)
  }

  /** Ends a sequence; what it has stays for others, as long as there is room. */
  end(sequence: Sequence): void {
    const { tip, number } = sequence
    this.#running--
    this.#cells.unpin(tip)
    if (!this.#keepsBranches) this.#cells.forget(tip, number)
    else if (!isLeaf(tip) || tip.owners.size > 1) this.#cells.letGo(tip, number)
    else if (this.#isDouble(sequence)) this.#cells.evict(tip, false)
  }

  /** Copies the first cells of a sequence out. */
  copyOut({ number }: Sequence, length: number): Uint8Array[] {
    return this.#cells.copyOut(number, length)
  }

  /** Takes over what was copied out of another cache, for everybody; see `CellStore`. */
  adopt(tokens: Int32Array, pieces: readonly Uint8Array[]): boolean {
    return this.#keepsBranches && this.#cells.adopt(tokens, pieces)
  }

  /** Forgets everything, also what is parked. */
  clear(): void {
    this.#cells.clear()
    this.#running = 0
  }

  get #keepsBranches(): boolean {
    return this.#options.divisible && this.#options.numbers - 2 > this.#options.sequences
  }

  #match({ adapter, scope }: Origin, tokens: ArrayLike<number>): Match {
    const root = this.#cells.rootOf(adapter)
    if (!this.#keepsBranches) return noMatch
    const match = longestMatch(root, tokens, scope, tokens.length - 1)
    return match.length < leastShared ? noMatch : match
  }

  /** Restores what of the match is parked, as far as there is room; all of the result has cells. */
  #bringBack(match: Match): Match {
    const first = match.path.findIndex((node) => node.parked !== null)
    const end = match.path.at(-1)
    if (first === -1 || end === undefined) return match
    this.#cells.pin(end)
    let anchor = match.path[first]!.parent!
    let number: number | null = null
    let returned = first
    for (; returned < match.path.length; returned++) {
      const node = match.path[returned]!
      if (node.tokens.length > this.free) break
      this.reserve(node.tokens.length)
      number ??= this.#cells.numberFor(anchor)
      this.#cells.bringBack(node, number)
      anchor = node
    }
    this.#cells.unpin(end)
    const path = match.path.slice(0, returned)
    return { path, length: Math.min(match.length, path.length === 0 ? 0 : endOf(path.at(-1)!)) }
  }

  #enter(tip: PrefixNode, origin: Origin): Sequence {
    this.#running++
    this.#cells.pin(tip)
    return { number: this.#cells.numberFor(tip), origin, length: endOf(tip), tip }
  }

  /** The node that the sequence's next token goes into. */
  #growing(sequence: Sequence, scope: string | null): PrefixNode {
    const { tip, number } = sequence
    if (tip.parent !== null && tip.scope === scope && isAlone(tip)) return tip
    const node = newNode(tip, scope)
    node.running = 1
    node.lastUse = tip.lastUse
    tip.owners.delete(number)
    node.owners.add(number)
    sequence.tip = node
    return node
  }

  /** Everything that the sequence has is there a second time: it was computed while somebody else computed the same. */
  #isDouble({ tip, origin, length }: Sequence): boolean {
    const root = this.#cells.rootOf(origin.adapter)
    const tokens = [...upwards(tip)].toReversed().flatMap((node) => node.tokens)
    const siblings = tip.parent!.children
    siblings.delete(tip)
    const double = longestMatch(root, tokens, origin.scope, length).length === length
    siblings.add(tip)
    return double
  }
}

function isAlone({ owners, children, running }: PrefixNode): boolean {
  return owners.size === 1 && children.size === 0 && running === 1
}
