/** Merkle tree hashes and proofs as RFC 6962, 2.1 has them. Sizes and indexes are whole numbers below 2⁵³. */
import { hash } from 'node:crypto'

/** 32 bytes. */
export type Hash = Uint8Array

const leafPrefix = Buffer.of(0)
const nodePrefix = Buffer.of(1)

/** The root of a tree without leaves. */
export const emptyRoot: Hash = sha256(Buffer.of())

function sha256(data: Uint8Array): Hash {
  return hash('sha256', data, 'buffer')
}

/** The hash of a leaf: SHA-256 of a zero byte and the leaf, so that no leaf passes for an inner node. */
export function leafHash(leaf: Uint8Array): Hash {
  return sha256(Buffer.concat([leafPrefix, leaf]))
}

function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(Buffer.concat([nodePrefix, left, right]))
}

/** The root of a tree whose leaves, or perfect subtrees of one height, have these hashes. */
export function rootOf(hashes: readonly Hash[]): Hash {
  const [first] = hashes
  if (first === undefined) return emptyRoot
  if (hashes.length === 1) return first
  const middle = splitOf(hashes.length)
  return nodeHash(rootOf(hashes.slice(0, middle)), rootOf(hashes.slice(middle)))
}

/** The largest power of two below `size`: where a tree of that size, 2 at least, is split. */
function splitOf(size: number): number {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

/** The leaves from `begin` up to, not including, `end`; a subtree, when its place is one of a tree. */
export interface Range {
  readonly begin: number
  readonly end: number
}

/** The subtrees whose hashes prove that leaf `index` is in the tree of `size`, from the leaf's sibling upwards. */
export function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = []
  let [begin, end] = [0, size]
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin)
    ranges.push(index < middle ? { begin: middle, end } : { begin, end: middle })
    if (index < middle) end = middle
    else begin = middle
  }
  return ranges.toReversed()
}

/** The subtrees whose hashes prove that the tree of `size` begins with that of `old`, 1 at least, in the order of RFC 6962. */
export function consistencyRanges(old: number, size: number): Range[] {
  const ranges: Range[] = []
  let [begin, end] = [0, size]
  while (old !== end) {
    const middle = begin + splitOf(end - begin)
    if (old <= middle) {
      ranges.push({ begin: middle, end })
      end = middle
    } else {
      ranges.push({ begin, end: middle })
      begin = middle
    }
  }
  // The old tree's own root is known to whoever asks, unless it was split.
  if (begin > 0) ranges.push({ begin, end })
  return ranges.toReversed()
}

/** The root that a proof leads to; null when it has the wrong length or the leaf is not in such a tree. */
export function rootFromInclusion(
  index: number,
  size: number,
  leaf: Hash,
  proof: readonly Hash[],
): Hash | null {
  if (!(index >= 0 && index < size) || leaf.length !== 32) return null
  const ranges = inclusionRanges(index, size)
  if (ranges.length !== proof.length) return null
  let root = leaf
  for (const [step, { begin }] of ranges.entries()) {
    const sibling = proof[step] as Hash
    root = begin > index ? nodeHash(root, sibling) : nodeHash(sibling, root)
  }
  return root
}

/** Whether `proof` shows that the tree of `size` begins with that of `old`. Nothing can be shown of an empty one. */
export function provesConsistency(
  { size: old, root: oldRoot }: { readonly size: number; readonly root: Hash },
  { size, root }: { readonly size: number; readonly root: Hash },
  proof: readonly Hash[],
): boolean {
  if (!(old > 0 && old <= size)) return false
  if (old === size) return proof.length === 0 && same(oldRoot, root)
  const ranges = consistencyRanges(old, size)
  if (ranges.length !== proof.length) return false
  // The first range is what both trees have and that ends the old one: in the proof, or the old root itself.
  const given = (ranges[0]?.end ?? 0) === old
  const [first, rest] = given ? [proof[0] as Hash, 1] : [oldRoot, 0]
  let [soFar, whole] = [first, first]
  for (let step = rest; step < proof.length; step++) {
    const sibling = proof[step] as Hash
    if ((ranges[step] as Range).begin >= old) whole = nodeHash(whole, sibling)
    else {
      soFar = nodeHash(sibling, soFar)
      whole = nodeHash(sibling, whole)
    }
  }
  return same(soFar, oldRoot) && same(whole, root)
}

/** Whether two hashes are equal. Not in constant time: hashes of the log are public. */
export function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}
