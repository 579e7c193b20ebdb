import { describe, expect, test } from 'vitest'
import { formatCheckpoint } from './checkpoint.ts'
import { consistencyRanges, leafHash, rootOf, type Hash } from './merkle.ts'
import { cosignatureV1, cosignedAt, parseNote, plainSignature, signerKey, signNote } from './note.ts'
import { addCheckpoint, type WitnessMemory } from './witness.ts'

const log = signerKey('log.example', plainSignature, Buffer.alloc(32, 1))
const key = signerKey('witness.example', cosignatureV1, Buffer.alloc(32, 2))
const leaves = Array.from({ length: 20 }, (_, index) => leafHash(Buffer.from(`${index}`)))

function witness() {
  const trees = new Map<string, { size: number; root: Hash }>()
  const memory: WitnessMemory = {
    last: (origin) => trees.get(origin) ?? null,
    remember: (origin, tree) => void trees.set(origin, tree),
  }
  return (body: string) => addCheckpoint(body, { key, logs: [log], memory, now: () => 1_700_000_000_000 })
}

function signed(size: number, of = leaves): string {
  return signNote(formatCheckpoint({ origin: log.name, size, root: rootOf(of.slice(0, size)) }), log)
}

function asked(old: number, size: number, of = leaves): string {
  const proof = old === 0 || old === size ? [] : consistencyRanges(old, size)
  const lines = proof.map(
    ({ begin, end }) => `${Buffer.from(rootOf(of.slice(begin, end))).toString('base64')}\n`,
  )
  return `old ${old}\n${lines.join('')}\n${signed(size, of)}`
}

describe('a witness', () => {
  test('signs a log for as long as it only grows', () => {
    const add = witness()
    for (const [old, size] of [
      [0, 3],
      [3, 3],
      [3, 17],
    ] as const) {
      const { status, body } = add(asked(old, size))
      const note = parseNote(signed(size) + body)
      expect([status, note !== null && cosignedAt(note, key)]).toEqual([200, 1_700_000_000_000])
    }
  })

  test('signs no other past, whatever is shown', () => {
    const add = witness()
    add(asked(0, 7))
    const forged = leaves.with(2, leafHash(Buffer.from('forged')))
    expect(add(asked(7, 12, forged)).status).toBe(422)
    expect(add(asked(7, 7, forged)).status).toBe(409)
    expect(add(asked(0, 12))).toMatchObject({ status: 409, type: 'text/x.tlog.size', body: '7\n' })
    expect(add(asked(7, 12)).status).toBe(200)
  })

  test('answers as the specification says', () => {
    const add = witness()
    const stranger = signerKey('log.example', plainSignature, Buffer.alloc(32, 3))
    expect(add('old x\n\n').status).toBe(400)
    expect(add(`old 5\n\n${signed(3)}`).status).toBe(400)
    expect(add(`old 0\n\n${signed(3).replaceAll('log.example', 'other.example')}`).status).toBe(404)
    expect(add(`old 0\n\n${signNote(parseNote(signed(3))?.text ?? '', stranger)}`).status).toBe(403)
    expect(add(asked(0, 3).replace('\n\n', `\n${'A'.repeat(43)}=\n\n`)).status).toBe(422)
  })
})
