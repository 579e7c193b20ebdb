/** Nodes whose cells were copied out to make room: within a bound of bytes, those used last. */
import type { CellCopies } from './cell-copies.ts'
import { below, type PrefixNode } from './prefix-tree.ts'

/** Each costs time to look at, however small it is. */
const mostNodes = 4096

/**
 * Invariant: the copies take at most `mostBytes` together, in at most 4,096 nodes. To make room, the least recently
 * used node that nothing follows is forgotten.
 */
export class ParkedStates {
  readonly #copies: CellCopies
  readonly #mostBytes: number
  readonly #nodes = new Set<PrefixNode>()
  #bytes = 0

  constructor(copies: CellCopies, mostBytes: number) {
    this.#copies = copies
    this.#mostBytes = mostBytes
  }

  /** Copies the cells of a node out, whose owner may then drop them. False when there is no room for that. */
  park(node: PrefixNode, owner: number): boolean {
    return this.#mostBytes > 0 && this.add(node, this.#copies.save(node, owner))
  }

  /** Takes a node over that has no cells, with what shall be in them one day. False when there is no room for that. */
  add(node: PrefixNode, pieces: readonly Uint8Array[]): boolean {
    const size = sizeOf(pieces)
    if (size > this.#mostBytes) return false
    while (this.#bytes + size > this.#mostBytes || this.#nodes.size >= mostNodes) {
      const last = this.#leastUsed(node)
      if (last === null) return false
      this.forget(last)
    }
    node.parked = pieces
    this.#nodes.add(node)
    this.#bytes += size
    return true
  }

  /** Gives a node its cells back; `owner` has all that comes before. */
  return(node: PrefixNode, owner: number): void {
    const pieces = node.parked
    if (pieces === null) throw new Error('only what is parked can return')
    this.#copies.restore(pieces, [owner])
    this.#drop(node)
  }

  /** Takes a node out of the tree, with all that follows it: none of these may have cells. */
  forget(node: PrefixNode): void {
    for (const other of [node, ...below(node)]) this.#drop(other)
    node.parent?.children.delete(node)
  }

  clear(): void {
    this.#nodes.clear()
    this.#bytes = 0
  }

  #drop(node: PrefixNode): void {
    if (!this.#nodes.delete(node) || node.parked === null) return
    this.#bytes -= sizeOf(node.parked)
    node.parked = null
  }

  /** What was used least lately of all that nothing follows; not what is about to come back, nor what is being parked. */
  #leastUsed(except: PrefixNode): PrefixNode | null {
    let found: PrefixNode | null = null
    for (const node of this.#nodes) {
      if (node.children.size > 0 || node.running > 0 || node === except) continue
      if (found === null || node.lastUse < found.lastUse) found = node
    }
    return found
  }
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
}
