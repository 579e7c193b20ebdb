/** The bytes of all tokens of a vocabulary as one tree, so that what begins alike is looked at once. */
import type { GrammarState, GrammarStates } from './grammar-states.ts'

export interface TreeToken {
  readonly token: number
  readonly bytes: Uint8Array
}

/**
 * Made once a vocabulary. `walk` finds all tokens that may come in a state, looking once at bytes that several tokens
 * begin with; it is not reentrant.
 */
export class TokenTree {
  /** Nodes in the order of a walk that goes down first; for each its byte, its depth, and the node after all below it. */
  readonly #bytes: Uint8Array
  readonly #depths: Uint16Array
  readonly #after: Int32Array
  /** The tokens that end at node `n` are those from `#ends[n]` to `#ends[n + 1]` of `#tokens`. */
  readonly #ends: Int32Array
  readonly #tokens: Int32Array
  readonly #states: (GrammarState | null)[] = []

  /** @param tokens those that stand for bytes. */
  constructor(tokens: readonly TreeToken[]) {
    const sorted = tokens
      .map(({ token, bytes }) => ({ token, text: Buffer.from(bytes).toString('latin1') }))
      .toSorted((one, other) =>
        one.text < other.text ? -1 : one.text > other.text ? 1 : one.token - other.token,
      )
    const size = sorted.reduce((sum, { text }) => sum + text.length, 0)
    const bytes = new Uint8Array(size)
    const depths = new Uint16Array(size)
    const ends = new Int32Array(size + 1)
    let nodes = 0
    let last = ''
    for (const [index, { text }] of sorted.entries()) {
      let shared = 0
      while (shared < last.length && shared < text.length && last[shared] === text[shared]) shared++
      for (let depth = shared; depth < text.length; depth++) {
        bytes[nodes] = text.charCodeAt(depth)
        depths[nodes] = depth
        ends[nodes++] = index
      }
      ends[nodes] = index + 1
      last = text
    }
    this.#bytes = bytes.slice(0, nodes)
    this.#depths = depths.slice(0, nodes)
    this.#ends = ends.slice(0, nodes + 1)
    this.#tokens = Int32Array.from(sorted, ({ token }) => token)
    this.#after = afterEach(this.#depths)
  }

  /** Calls `found` with each token whose bytes lead from `state` to where the grammar can go on. */
  walk(states: GrammarStates, state: GrammarState, found: (token: number) => void): void {
    const [bytes, depths, ends] = [this.#bytes, this.#depths, this.#ends]
    const reached = this.#states
    reached[0] = state
    for (let node = 0; node < bytes.length;) {
      const depth = depths[node]!
      const from = reached[depth]!
      const byte = bytes[node]!
      let next = from.next[byte]
      if (next === undefined) next = states.after(from, byte)
      if (next === null) {
        node = this.#after[node]!
        continue
      }
      reached[depth + 1] = next
      for (let at = ends[node]!; at < ends[node + 1]!; at++) found(this.#tokens[at]!)
      node++
    }
    reached.length = 0
  }
}

/** For each node the next one that is not below it. */
function afterEach(depths: Uint16Array): Int32Array {
  const after = new Int32Array(depths.length)
  const open: number[] = []
  for (let node = 0; node <= depths.length; node++) {
    const depth = node === depths.length ? 0 : depths[node]!
    while (open.length > depth) after[open.pop()!] = node
    if (node < depths.length) open.push(node)
  }
  return after
}
