import { emptyRoot, rootOf, type Hash } from './merkle.ts'

/** The root of a tree that grows leaf by leaf, with no more than the perfect subtrees at its edge in memory. */
export class Frontier {
  readonly #subtrees: { readonly leaves: number; readonly hash: Hash }[] = []

  add(hash: Hash): void {
    let [leaves, whole] = [1, hash]
    for (let last = this.#subtrees.at(-1); last?.leaves === leaves; last = this.#subtrees.at(-1)) {
      whole = rootOf([last.hash, whole])
      leaves *= 2
      this.#subtrees.pop()
    }
    this.#subtrees.push({ leaves, hash: whole })
  }

  get root(): Hash {
    const last = this.#subtrees.at(-1)
    if (last === undefined) return emptyRoot
    return this.#subtrees.slice(0, -1).reduceRight((right, { hash }) => rootOf([hash, right]), last.hash)
  }
}
