import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { expect, onTestFinished, test } from 'vitest'
import type { ActEntry, RequestEntry } from './log-entry.ts'
import { ParquetLog } from './parquet.ts'

const act: ActEntry = {
  type: 'act',
  id: 'ent_1',
  kind: 'standing-changed',
  by: 'ladder',
  about: 'key:key_ü',
  at: 1_700_000_000_123,
  details: { rung: 'banned', until: null, lifted: true },
}
const request: RequestEntry = {
  type: 'request',
  id: 'ent_2',
  request: 'req_1',
  kind: 'answer',
  model: 'm',
  weights: 'a'.repeat(64),
  adapter: null,
  policy: 'standard@1',
  organisation: 'o',
  who: 'w',
  opened: 1_700_000_000_000,
  prompt: 'p',
  settings: 's',
  closed: 1_700_000_001_000,
  outcome: 'finished',
  error: null,
  output: null,
  record: null,
  input_verdict: { outcome: 'allow', action: 'flag', hazards: ['S2', 'S7'], layer: 'judge', policy: 'p' },
  output_verdict: null,
  usage: { prompt: 7, cached: 3, output: 5, reasoning: 0, estimated: false },
}

async function readBack(entries: readonly (ActEntry | RequestEntry)[]) {
  const folder = mkdtempSync(join(tmpdir(), 'elpis-parquet-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'log.parquet')
  const log = new ParquetLog(file)
  for (const [position, entry] of entries.entries()) await log.add(entry, position)
  expect(await log.finish()).toBe(entries.length)
  return await parquetReadObjects({ file: await asyncBufferFromFile(file) })
}

test('what was written is read back, typed, with the entry itself', async () => {
  const [first, second] = await readBack([act, request])
  expect(first).toMatchObject({
    position: 0n,
    type: 'act',
    kind: 'standing-changed',
    at: new Date(act.at),
    closed: null,
    about: 'key:key_ü',
    details: act.details,
    model: null,
    prompt_tokens: null,
  })
  expect(second).toMatchObject({
    position: 1n,
    at: new Date(request.opened),
    closed: new Date(request.closed),
    by: 'w',
    outcome: 'finished',
    input_hazards: 'S2 S7',
    output_outcome: null,
    prompt_tokens: 7,
    details: null,
  })
  expect(JSON.parse(second?.['entry'] as string)).toEqual(request)
})

test('an empty log is a table without rows, and a long one comes back in order', async () => {
  expect(await readBack([])).toEqual([])
  const many = Array.from({ length: 45_000 }, (_, index) => ({ ...act, id: `ent_${index}` }))
  const rows = await readBack(many)
  expect(rows.map(({ id }) => id as string)).toEqual(many.map(({ id }) => id))
  expect(rows.at(-1)?.['position']).toBe(44_999n)
}, 60_000)
