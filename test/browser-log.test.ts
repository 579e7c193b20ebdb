/** What the page knows of logs comes to the same as the server's own code, which is tested against public vectors. */
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatCheckpoint } from '../src/audit/checkpoint.ts'
import { consistencyRanges, inclusionRanges, leafHash, rootOf } from '../src/audit/merkle.ts'
import { formatVerifierKey, plainSignature, signerKey, signNote } from '../src/audit/note.ts'
import { formatProof } from '../src/audit/tlog-proof.ts'
import { provesGrowth, provesInclusion } from '../web/src/log/merkle.ts'
import { openCheckpoint, parseLogKey } from '../web/src/log/note.ts'
import { provenEntry } from '../web/src/log/proof.ts'

const bytes = (hash: Uint8Array) => Uint8Array.from(hash)
const leaves = Array.from({ length: 70 }, (_, place) => leafHash(Buffer.from(`entry ${place}`)))
const treeOf = (size: number) => ({ size, root: bytes(rootOf(leaves.slice(0, size))) })
const hashesOf = (ranges: readonly { begin: number; end: number }[]) =>
  ranges.map(({ begin, end }) => bytes(rootOf(leaves.slice(begin, end))))
const size = fc.integer({ min: 1, max: leaves.length })
const other = bytes(createHash('sha256').update('other').digest())

test('growth is believed with its proof, and with nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(size, size, fc.nat(), async (one, two, place) => {
      const [old, now] = [Math.min(one, two), Math.max(one, two)]
      const proof = old === now ? [] : hashesOf(consistencyRanges(old, now))
      expect(await provesGrowth(treeOf(old), treeOf(now), proof)).toBe(true)
      expect(await provesGrowth({ size: old, root: other }, treeOf(now), proof)).toBe(false)
      expect(await provesGrowth(treeOf(old), { size: now, root: other }, proof)).toBe(false)
      expect(await provesGrowth(treeOf(old), treeOf(now), [...proof, other])).toBe(false)
      if (proof.length === 0) return
      expect(await provesGrowth(treeOf(old), treeOf(now), proof.slice(1))).toBe(false)
      const changed = proof.with(place % proof.length, other)
      expect(await provesGrowth(treeOf(old), treeOf(now), changed)).toBe(false)
    }),
  )
  expect(await provesGrowth(treeOf(9), treeOf(7), [])).toBe(false)
  expect(await provesGrowth({ size: 0, root: other }, treeOf(7), [])).toBe(true)
})

test('an entry is believed to be in the log with its proof, and with nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(size, fc.nat(), fc.nat(), async (all, at, place) => {
      const index = at % all
      const leaf = bytes(leaves[index] as Uint8Array)
      const proof = hashesOf(inclusionRanges(index, all))
      expect(await provesInclusion(index, leaf, treeOf(all), proof)).toBe(true)
      expect(await provesInclusion(index, other, treeOf(all), proof)).toBe(false)
      expect(await provesInclusion(all, leaf, treeOf(all), proof)).toBe(false)
      expect(await provesInclusion(index, leaf, treeOf(all), [...proof, other])).toBe(false)
      if (proof.length === 0) return
      expect(await provesInclusion(index, leaf, treeOf(all), proof.slice(0, -1))).toBe(false)
      const changed = proof.with(place % proof.length, other)
      expect(await provesInclusion(index, leaf, treeOf(all), changed)).toBe(false)
    }),
  )
})

test('a proof is read as the server writes it, under the key that signed it', async () => {
  const signer = signerKey('log.example', plainSignature, Buffer.alloc(32, 7))
  const stranger = signerKey('log.example', plainSignature, Buffer.alloc(32, 8))
  const key = await parseLogKey(formatVerifierKey(signer))
  const wrong = await parseLogKey(formatVerifierKey(stranger))
  if (key === null || wrong === null) throw new Error('The key is not read.')
  expect(await parseLogKey(formatVerifierKey(signer).replace('log.', 'dog.'))).toBeNull()
  const entry = '{"id":"ent_1"}'
  const all = [...leaves.slice(0, 5), leafHash(Buffer.from(entry))]
  const checkpoint = signNote(formatCheckpoint({ origin: 'log.example', size: 6, root: rootOf(all) }), signer)
  expect(await openCheckpoint(checkpoint, key)).toMatchObject({ size: 6 })
  expect(await openCheckpoint(checkpoint, wrong)).toBeNull()
  expect(await openCheckpoint(checkpoint.replace('\n6\n', '\n7\n'), key)).toBeNull()
  const hashes = inclusionRanges(5, 6).map(({ begin, end }) => rootOf(all.slice(begin, end)))
  const extra = (text: string) => Buffer.from(JSON.stringify({ entry: text, salt: null }))
  const proof = formatProof({ extra: extra(entry), index: 5, hashes, checkpoint })
  expect(await provenEntry(proof, key)).toBe(entry)
  expect(await provenEntry(proof, wrong)).toBeNull()
  const lied = formatProof({ extra: extra('{"id":"ent_2"}'), index: 5, hashes, checkpoint })
  expect(await provenEntry(lied, key)).toBeNull()
})
