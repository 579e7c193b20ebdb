import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePrefix, encodePrefix } from './prefix-file.ts'

const origin = { build: 'llama.cpp 0.5.0 haswell', layout: 'cells 100' }
const prefix = {
  tokens: Int32Array.of(1, 49_151, 7),
  pieces: [Uint8Array.of(1, 2, 3), new Uint8Array(100).fill(9)],
}
const file = encodePrefix(prefix, origin)

test('comes back as it was', () => {
  const back = decodePrefix(file, origin)
  expect(back?.tokens).toEqual(prefix.tokens)
  expect(back?.pieces.map((piece) => Uint8Array.from(piece))).toEqual(prefix.pieces)
})

test('is nothing to another build or another layout', () => {
  expect(decodePrefix(file, { ...origin, build: 'llama.cpp 0.5.1 haswell' })).toBeNull()
  expect(decodePrefix(file, { ...origin, layout: 'cells 200' })).toBeNull()
})

test('is nothing when it is cut, longer or damaged anywhere', () => {
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Uint8Array.from(file)
      damaged[at]! ^= change
      expect(decodePrefix(damaged, origin)).toBeNull()
      expect(decodePrefix(file.subarray(0, at), origin)).toBeNull()
      expect(decodePrefix(Uint8Array.of(...file, change), origin)).toBeNull()
    }),
  )
})

test('is nothing when its own digest fits and its lengths do not', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.nat(0xffff_ffff), (index, length) => {
      const lying = Buffer.from(file)
      const at = 64 + index * 4
      fc.pre(lying.readUInt32LE(at) !== length)
      lying.writeUInt32LE(length, at)
      createHash('sha256').update(lying.subarray(32)).digest().copy(lying)
      const back = decodePrefix(lying, origin)
      // Where tokens end and pieces begin nobody else knows; that all of it is used once is seen.
      const size =
        (back?.tokens.byteLength ?? 0) + (back?.pieces.reduce((sum, piece) => sum + piece.length, 0) ?? 0)
      expect(back === null || size <= file.length).toBe(true)
    }),
  )
})
