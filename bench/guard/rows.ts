/** The rows that measure: the public test sets, and of the training file what training never sees. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import type { Passage } from '../../src/guard/scores.ts'

const rowSchema = z.object({
  id: z.string(),
  source: z.string(),
  role: z.enum(['prompt', 'response', 'pair']),
  prompt: z.string().nullish(),
  response: z.string().nullish(),
  label: z.union([z.literal(0), z.literal(1)]),
  lang: z.string(),
})
type StoredRow = z.infer<typeof rowSchema>

export interface Row {
  /** What it is counted under. */
  readonly set: string
  readonly passage: Passage
  readonly unsafe: boolean
}

/** Whole sources of ordinary prompts, as `train/sources.py` holds them out. */
const heldOut = new Set(['banking77', 'oasst_prompts', 'wildchat_benign', 'self_instruct_human'])

export function testRows(folder: string): Row[] {
  return read(join(folder, 'public_test.jsonl.gz')).map((row) => rowOf(row, row.source))
}

/** Benign sources held out whole, and for each language the harmful questions held back of parallel translations. */
export function heldOutRows(folder: string): Row[] {
  return read(join(folder, 'train.jsonl.gz')).flatMap((row) => {
    if (heldOut.has(row.source))
      return [rowOf({ ...row, role: 'prompt' }, `benign ${row.source}${foreign(row)}`)]
    if (row.source === 'xsafety_crimes' && (Number(row.id.split('-').at(-1)) % 200) % 4 === 0)
      return [rowOf(row, `language ${row.lang}`)]
    if (/^catqa_|^multilingual_hatecheck/.test(row.source) && share(`held back ${row.id}`) < 0.1)
      return [rowOf(row, `held back ${row.source} ${row.lang}`)]
    return []
  })
}

/** Sets that are always measured whole: goals are set on them. */
const whole = new Set(['xstest', 'hatecheck', 'strongreject'])

/** At most so many rows of each set, the same ones each time. */
export function sampled(rows: readonly Row[], most: number): Row[] {
  return [...Map.groupBy(rows, ({ set }) => set)].flatMap(([set, group]) => {
    if (whole.has(set) || group.length <= most) return group
    const order = new Map(group.map((row) => [row, share(`${row.passage.prompt} ${row.passage.response}`)]))
    return group.toSorted((left, right) => (order.get(left) ?? 0) - (order.get(right) ?? 0)).slice(0, most)
  })
}

function foreign(row: StoredRow): string {
  return row.source === 'wildchat_benign' && row.lang !== 'en' ? ', not English' : ''
}

function rowOf(row: StoredRow, set: string): Row {
  const response = row.role === 'prompt' ? null : (row.response ?? '')
  return { set, passage: { prompt: row.prompt ?? '', response }, unsafe: row.label === 1 }
}

function read(path: string): StoredRow[] {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n')
  return lines.map((line) => rowSchema.parse(JSON.parse(line)))
}

/** As `share` of `train/sources.py`. */
function share(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
}
