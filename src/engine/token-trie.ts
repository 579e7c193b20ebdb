interface Node {
  readonly next: Map<string, Node>
  /** A token ends here. */
  end: boolean
}

/** Finds out of a set of tokens the one that stands at a place in a text. Time is bounded by the longest token. */
export class TokenTrie {
  readonly #root: Node = { next: new Map(), end: false }
  readonly longest: number

  constructor(tokens: readonly string[]) {
    this.longest = tokens.reduce((most, token) => Math.max(most, token.length), 0)
    for (const token of tokens) {
      let node = this.#root
      for (let index = 0; index < token.length; index++) {
        const letter = token.charAt(index)
        let next = node.next.get(letter)
        if (next === undefined) node.next.set(letter, (next = { next: new Map(), end: false }))
        node = next
      }
      if (node !== this.#root) node.end = true
    }
  }

  begins(letter: string): boolean {
    return this.#root.next.has(letter)
  }

  /** Length of the longest token that stands at `index`; 0 when none does. */
  longestAt(text: string, index: number): number {
    let node = this.#root
    let length = 0
    for (let at = index; at < text.length; at++) {
      const next = node.next.get(text.charAt(at))
      if (next === undefined) break
      node = next
      if (node.end) length = at + 1 - index
    }
    return length
  }

  /** Whether `text`, from `index` to its end, is the beginning of a token and not the whole of it. */
  breaksOffAt(text: string, index: number): boolean {
    let node = this.#root
    for (let at = index; at < text.length; at++) {
      const next = node.next.get(text.charAt(at))
      if (next === undefined) return false
      node = next
    }
    return node.next.size > 0
  }
}
