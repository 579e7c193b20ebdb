/**
 * A radix tree over tokens: which stretches of which sequences are in the KV cache, or copied out of it. A node is a
 * stretch of cells that were computed together; what follows it in different ways are its children.
 *
 * Two nodes beside each other may begin alike: both were being computed before either could be shared.
 */

export interface PrefixNode {
  /** Null for a root, which stands for the empty beginning. */
  parent: PrefixNode | null
  /** Who may share it; null is everybody. */
  readonly scope: string | null
  /** Position of its first token. */
  start: number
  tokens: number[]
  readonly children: Set<PrefixNode>
  /** Native sequences that end with it, running or not. */
  readonly owners: Set<number>
  /** How many running sequences have it, as their last or not. */
  running: number
  /** What was in its cells, in pieces, while it has none; null while it has. */
  parked: readonly Uint8Array[] | null
  /** Grows with every use; never less than that of a child. */
  lastUse: number
}

/** The nodes, from the root's child on, that a beginning goes through; the last perhaps not to its end. */
export interface Match {
  readonly path: readonly PrefixNode[]
  /** Tokens in common. */
  readonly length: number
}

export const noMatch: Match = { path: [], length: 0 }

/**
 * A node without tokens or cells, put behind `parent` (null: a root). `scope` is who may share the node; null is
 * everybody.
 */
export function newNode(parent: PrefixNode | null, scope: string | null): PrefixNode {
  const node: PrefixNode = {
    parent,
    scope,
    start: parent === null ? 0 : endOf(parent),
    tokens: [],
    children: new Set(),
    owners: new Set(),
    running: 0,
    parked: null,
    lastUse: 0,
  }
  parent?.children.add(node)
  return node
}

/** The position after its last token. */
export function endOf({ start, tokens }: PrefixNode): number {
  return start + tokens.length
}

/**
 * The longest beginning that `tokens` have in common with what is below `root`, within what `scope` may see. Among
 * nodes that begin alike the one that goes on longest is taken; among equals what has cells, for it costs nothing.
 *
 * @param most tokens that may be in common.
 */
export function longestMatch(
  root: PrefixNode,
  tokens: ArrayLike<number>,
  scope: string | null,
  most: number,
): Match {
  const path: PrefixNode[] = []
  let length = 0
  for (let at: PrefixNode | null = root; at !== null;) {
    let best: PrefixNode | null = null
    let common = 0
    for (const child of at.children) {
      if (child.scope !== null && child.scope !== scope) continue
      const count = commonTokens(child, tokens, most)
      if (count < Math.max(common, 1) || (count === common && best?.parked === null)) continue
      best = child
      common = count
    }
    if (best !== null) path.push(best)
    length += common
    at = best !== null && common === best.tokens.length ? best : null
  }
  return { path, length }
}

function commonTokens({ start, tokens }: PrefixNode, others: ArrayLike<number>, most: number): number {
  const longest = Math.min(tokens.length, most - start)
  let count = 0
  while (count < longest && tokens[count] === others[start + count]) count++
  return count
}

/**
 * Cuts a node that has cells in two at `length`, a position within it.
 *
 * @returns the new one, which has the beginning; whoever ended with the old one still does.
 */
export function split(node: PrefixNode, length: number): PrefixNode {
  const { parent } = node
  if (parent === null || node.parked !== null) throw new Error('only what has cells can be cut in two')
  const upper = newNode(parent, node.scope)
  upper.tokens = node.tokens.slice(0, length - node.start)
  upper.running = node.running
  upper.lastUse = node.lastUse
  upper.children.add(node)
  parent.children.delete(node)
  node.parent = upper
  node.tokens = node.tokens.slice(length - node.start)
  node.start = length
  return upper
}

/** Every node below, parents first. A tree may be as deep as a prompt is long, so nothing here calls itself. */
export function* below(root: PrefixNode): Generator<PrefixNode> {
  const left = [...root.children]
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    yield node
    left.push(...node.children)
  }
}

/** From the node up to the child of its root. */
export function* upwards(node: PrefixNode): Generator<PrefixNode> {
  for (let at: PrefixNode = node; at.parent !== null; at = at.parent) yield at
}

/** It has cells, and nothing that follows it has. */
export function isLeaf(node: PrefixNode): boolean {
  if (node.parked !== null || node.parent === null) return false
  for (const child of node.children) if (child.parked === null) return false
  return true
}

/** Native sequences that have all its cells. */
export function* ownersOf(node: PrefixNode): Generator<number> {
  const left = [node]
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    yield* at.owners
    for (const child of at.children) if (child.parked === null) left.push(child)
  }
}
