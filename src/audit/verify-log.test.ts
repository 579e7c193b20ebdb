import { expect, test } from 'vitest'
import { canonical } from './canonical.ts'
import { formatCheckpoint } from './checkpoint.ts'
import { leafHash, rootOf, type Hash } from './merkle.ts'
import { plainSignature, signerKey, signNote } from './note.ts'
import { formatBundle, tileWidth } from './tile.ts'
import { verifyLog, type LogSource } from './verify-log.ts'

const key = signerKey('log.example', plainSignature, Buffer.alloc(32, 1))
const size = 300
const entries = Array.from({ length: size }, (_, index) =>
  canonical({
    type: 'act',
    id: `ent_${index}`,
    kind: 'key-created',
    by: 'owner',
    about: null,
    at: index,
    details: {},
  }),
)
const leaves = entries.map((entry) => leafHash(Buffer.from(entry)))
const checkpoint = signNote(formatCheckpoint({ origin: key.name, size, root: rootOf(leaves) }), key)

/** A log whose entries are these, with tiles that fit them: only the signature is from before. */
function forged(own: readonly string[]): LogSource {
  const hashes = own.map((entry) => leafHash(Buffer.from(entry)))
  return {
    checkpoint: async () => checkpoint,
    async tile({ level, index, width }) {
      const begin = index * tileWidth
      if (level === 'entries') return formatBundle(own.slice(begin, begin + width))
      if (level === 0) return Buffer.concat(hashes.slice(begin, begin + width))
      return Buffer.concat([rootOf(hashes.slice(0, tileWidth))] as Hash[])
    },
  }
}

test('a log that nobody touched is whole', async () => {
  expect(await verifyLog({ source: forged(entries), key })).toMatchObject({
    ok: true,
    size,
    acts: size,
    requests: 0,
  })
})

test(
  'any entry that was changed, dropped, doubled, swapped or moved is found',
  { timeout: 120_000 },
  async () => {
    // The whole figure is 10,000; a trial takes milliseconds, and the machine of a test has other work.
    const trials = Number(process.env['AUDIT_TRIALS'] ?? 300)
    let state = 42
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    for (let trial = 0; trial < trials; trial++) {
      const own = [...entries]
      const at = random(size)
      const other = (at + 1 + random(size - 1)) % size
      const kind = random(5)
      if (kind === 0) {
        const bytes = Buffer.from(own[at] as string)
        const place = random(bytes.length)
        bytes[place] = (bytes[place] as number) ^ (1 << random(7))
        own[at] = bytes.toString()
      } else if (kind === 1) own.splice(at, 1)
      else if (kind === 2) own.splice(at, 0, own[other] as string)
      else if (kind === 3) [own[at], own[other]] = [own[other] as string, own[at] as string]
      else own.splice(other, 0, ...own.splice(at, 1))
      const { ok } = await verifyLog({ source: forged(own), key })
      expect({ trial, kind, at, other, ok }).toEqual({ trial, kind, at, other, ok: false })
    }
  },
)
