import { expect, test } from 'vitest'
import type { EntryId } from '../core/ids.ts'
import { mostEntryBytes, parseEntry, requestLeaf, type RequestEntry } from './log-entry.ts'

const digest = 'f'.repeat(64)
const commitment = Buffer.alloc(32, 255).toString('base64')
const time = 9_999_999_999_999
const verdict: RequestEntry['input_verdict'] = {
  outcome: 'unavailable',
  action: 'redact',
  hazards: Array.from({ length: 6 }, () => 'impersonation'),
  layer: '"'.repeat(40),
  policy: '\u0001'.repeat(60),
}

test('an entry with every field at its limit still fits, and is read as it was written', () => {
  const entry: RequestEntry = {
    type: 'request',
    id: `ent_${'Z'.repeat(29)}`,
    request: `req_${'Z'.repeat(24)}`,
    kind: 'tokenize',
    model: '\u{1F600}'.repeat(80),
    weights: digest,
    adapter: digest,
    policy: 'é'.repeat(160),
    organisation: 'o'.repeat(22),
    who: 'w'.repeat(22),
    opened: time,
    prompt: commitment,
    settings: commitment,
    closed: time,
    outcome: 'interrupted',
    error: 'e'.repeat(60),
    output: commitment,
    record: commitment,
    input_verdict: verdict,
    output_verdict: verdict,
    usage: {
      prompt: 99_999_999,
      cached: 99_999_999,
      output: 99_999_999,
      reasoning: 99_999_999,
      estimated: false,
    },
  }
  const { body, id } = requestLeaf({ account: 'key_1' as never, subject: 'key:key_1' as never }, entry)
  expect(Buffer.byteLength(body)).toBeLessThan(mostEntryBytes)
  expect(parseEntry(Buffer.from(body))).toMatchObject({
    id: id as EntryId,
    prompt: commitment,
    weights: digest,
  })
})
