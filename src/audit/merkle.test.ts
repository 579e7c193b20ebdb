import { existsSync, globSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  consistencyRanges,
  inclusionRanges,
  leafHash,
  provesConsistency,
  rootFromInclusion,
  rootOf,
  same,
} from './merkle.ts'

const leaves = Array.from({ length: 300 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)))
const rootAt = (size: number) => rootOf(leaves.slice(0, size))
const hashOf = ({ begin, end }: { begin: number; end: number }) => rootOf(leaves.slice(begin, end))

describe('proofs of a tree', () => {
  const place = fc
    .integer({ min: 1, max: 300 })
    .chain((size) => fc.tuple(fc.constant(size), fc.nat({ max: size - 1 })))

  test('lead from every leaf to the root, and from no other', () => {
    fc.assert(
      fc.property(place, fc.nat({ max: 299 }), ([size, index], other) => {
        const proof = inclusionRanges(index, size).map(hashOf)
        const root = rootFromInclusion(index, size, leaves[index] as Uint8Array, proof)
        expect(root).toEqual(rootAt(size))
        const wrong = rootFromInclusion(index, size, leaves[other] as Uint8Array, proof)
        expect(same(wrong as Uint8Array, rootAt(size))).toBe(other === index)
      }),
    )
  })

  test('show that a tree begins with an older one, and with no other', () => {
    fc.assert(
      fc.property(place, fc.boolean(), ([size, before], spoilt) => {
        const old = before + 1
        const proof = consistencyRanges(old, size).map(hashOf)
        const oldRoot = spoilt ? leafHash(rootAt(old)) : rootAt(old)
        const holds = provesConsistency({ size: old, root: oldRoot }, { size, root: rootAt(size) }, proof)
        expect(holds).toBe(!spoilt)
      }),
    )
  })
})

const vectors = new URL('../../../shared/vectors/merkle/testdata/', import.meta.url)
const here = existsSync(vectors)
const where = here ? '' : ' (skipped: it lies in ../shared only)'

interface Vector {
  readonly leafIdx: number
  readonly treeSize: number
  readonly leafHash: string
  readonly size1: number
  readonly size2: number
  readonly root: string
  readonly root1: string
  readonly root2: string
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}

const bytes = (text: string) => Buffer.from(text, 'base64')

describe.skipIf(!here)(`the public vectors${where}`, () => {
  const read = (kind: string) =>
    globSync(`${kind}/**/*.json`, { cwd: vectors }).map((name) => {
      const vector = JSON.parse(readFileSync(new URL(name, vectors), 'utf8')) as Vector
      return { name, vector, proof: (vector.proof ?? []).map(bytes) }
    })

  test('of inclusion', () => {
    const all = read('inclusion')
    expect(all.length).toBeGreaterThan(80)
    for (const { name, vector, proof } of all) {
      const { leafIdx, treeSize, leafHash, root, wantErr } = vector
      const found = rootFromInclusion(leafIdx, treeSize, bytes(leafHash), proof)
      expect([name, found === null || !same(found, bytes(root))]).toEqual([name, wantErr])
    }
  })

  test('of consistency', () => {
    const all = read('consistency')
    expect(all.length).toBeGreaterThan(80)
    for (const { name, vector, proof } of all) {
      const { size1, size2, root1, root2, wantErr } = vector
      const holds = provesConsistency(
        { size: size1, root: bytes(root1) },
        { size: size2, root: bytes(root2) },
        proof,
      )
      expect([name, !holds]).toEqual([name, wantErr])
    }
  })
})
