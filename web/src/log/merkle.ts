/** Merkle proofs as RFC 6962, 2.1 has them, with the browser's own hash. */
import { joined, same } from './bytes.ts'

type Hash = Uint8Array<ArrayBuffer>

interface Tree {
  readonly size: number
  readonly root: Hash
}

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Hash> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data))
}

export function leafHash(leaf: Uint8Array): Promise<Hash> {
  return sha256(joined(Uint8Array.of(0), leaf))
}

function nodeHash(left: Hash, right: Hash): Promise<Hash> {
  return sha256(joined(Uint8Array.of(1), left, right))
}

/** Whether `proof` shows that leaf `index` of that hash is in the tree (RFC 9162, 2.1.3.2). */
export async function provesInclusion(
  index: number,
  leaf: Hash,
  { size, root }: Tree,
  proof: readonly Hash[],
): Promise<boolean> {
  if (!(index >= 0 && index < size)) return false
  let [at, last, hash] = [index, size - 1, leaf]
  for (const sibling of proof) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      hash = await nodeHash(sibling, hash)
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)]
    } else hash = await nodeHash(hash, sibling)
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  return last === 0 && same(hash, root)
}

/** Whether `proof` shows that the tree begins with the old one (RFC 9162, 2.1.4.2). Anything grows from nothing. */
export async function provesGrowth(old: Tree, now: Tree, proof: readonly Hash[]): Promise<boolean> {
  if (old.size > now.size) return false
  if (old.size === now.size) return proof.length === 0 && same(old.root, now.root)
  if (old.size === 0) return proof.length === 0
  const path = isPowerOfTwo(old.size) ? [old.root, ...proof] : [...proof]
  let [before, last] = [old.size - 1, now.size - 1]
  while (before % 2 === 1) [before, last] = [Math.floor(before / 2), Math.floor(last / 2)]
  const first = path.shift()
  if (first === undefined) return false
  let [soFar, whole] = [first, first]
  for (const sibling of path) {
    if (last === 0) return false
    if (before % 2 === 1 || before === last) {
      soFar = await nodeHash(sibling, soFar)
      whole = await nodeHash(sibling, whole)
      while (before % 2 === 0 && before !== 0) [before, last] = [before / 2, Math.floor(last / 2)]
    } else whole = await nodeHash(whole, sibling)
    ;[before, last] = [Math.floor(before / 2), Math.floor(last / 2)]
  }
  return last === 0 && same(soFar, old.root) && same(whole, now.root)
}

function isPowerOfTwo(size: number): boolean {
  return Number.isInteger(Math.log2(size))
}
