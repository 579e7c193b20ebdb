import { existsSync, globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  cosign,
  cosignatureV1,
  cosignedAt,
  formatVerifierKey,
  parseNote,
  parseVerifierKey,
  plainSignature,
  signedBy,
  signerKey,
  signNote,
} from './note.ts'

const seed = Buffer.alloc(32, 7)
const key = signerKey('example.com/log', plainSignature, seed)

describe('a signed note', () => {
  test('is read and checked as it was written', () => {
    const note = parseNote(signNote('one\n\ntwo\n', key))
    expect(note?.text).toBe('one\n\ntwo\n')
    expect(note !== null && signedBy(note, key)).toBe(true)
  })

  test('holds for no other text, name or key', () => {
    const signed = signNote('one\n', key)
    const changed = [signed.replace('one', 'two'), signed.replace('.com', '.org'), `${signed}x`, 'one\n']
    for (const text of changed) {
      const note = parseNote(text)
      expect(note !== null && signedBy(note, key)).toBe(false)
    }
    const other = signerKey('example.com/log', plainSignature, Buffer.alloc(32, 8))
    const note = parseNote(signed)
    expect(note !== null && signedBy(note, other)).toBe(false)
  })

  test('is cosigned with the time', () => {
    const witness = signerKey('witness.example', cosignatureV1, Buffer.alloc(32, 9))
    const signed = signNote('one\n', key)
    const note = parseNote(signed + cosign('one\n', witness, 1_700_000_000_999))
    expect(note !== null && cosignedAt(note, witness)).toBe(1_700_000_000_000)
    const bare = parseNote(signed)
    expect(bare !== null && cosignedAt(bare, witness)).toBeNull()
  })

  test('keys are written as others read them', () => {
    const text = formatVerifierKey(key)
    expect(parseVerifierKey(text)).toEqual({ ...key, privateKey: undefined })
    expect(parseVerifierKey(text.replace('log', 'lag'))).toBeNull()
    // The example of https://c2sp.org/signed-note.
    const published = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')
    expect(published?.id).toBe('c74f20a3')
    const note = parseNote(
      'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n\n'.replace(
        '’',
        "'",
      ) +
        '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
    )
    expect(note !== null && published !== null && signedBy(note, published)).toBe(true)
  })
})

const vectors = new URL('../../../shared/vectors/tessera/testdata/log/', import.meta.url)
const here = existsSync(vectors)
const where = here ? '' : ' (skipped: it lies in ../shared only)'

test.skipIf(!here)(`the checkpoints of the public log are notes${where}`, () => {
  const names = globSync('checkpoint*', { cwd: vectors })
  expect(names.length).toBeGreaterThan(3)
  for (const name of names) {
    const note = parseNote(readFileSync(new URL(name, vectors), 'utf8'))
    expect(note?.signatures[0]?.name).toBe('example.com/log/testdata')
  }
})
