/** What stands in the log: entries of requests and of acts, as canonical JSON of less than 1 KB. No content, ever. */
import { z } from 'zod'
import type { Act } from '../core/acts.ts'
import type { EntryId } from '../core/ids.ts'
import { canonical } from './canonical.ts'
import { leafHash } from './merkle.ts'
import type { NewLeaf, OpenRow } from './store.ts'

/** Longest entry, in bytes. */
export const mostEntryBytes = 1024
const longestText = 160

const commitment = z.string().describe('Base64 of HMAC-SHA-256 under a salt that only its owner can get.')
const time = z.int().describe('Epoch milliseconds.')

const verdict = z.object({
  outcome: z.enum(['allow', 'block', 'unavailable']),
  action: z.string(),
  hazards: z.array(z.string()),
  layer: z.string(),
  policy: z.string(),
})

/** What is known when a request is accepted. */
export const draftSchema = z.object({
  type: z.literal('request'),
  id: z.string(),
  request: z.string().describe('The id that stands on the answer as x-request-id.'),
  kind: z.enum(['answer', 'embed', 'rerank', 'tokenize', 'moderate']),
  model: z.string(),
  weights: z.string().nullable().describe('SHA-256 of the weights, chat template included.'),
  adapter: z.string().nullable().describe('SHA-256 of the adapter.'),
  policy: z.string().describe('The guard policy in force, as name@version.'),
  organisation: z.string().describe('Pseudonym.'),
  who: z.string().describe('Pseudonym; another one after their content was erased.'),
  opened: time,
  prompt: commitment,
  settings: commitment,
})

export const requestEntry = draftSchema.extend({
  closed: time,
  outcome: z.enum(['finished', 'failed', 'interrupted']),
  error: z.string().nullable(),
  output: commitment.nullable(),
  record: commitment.nullable().describe('Of what is needed to replay the answer.'),
  input_verdict: verdict.nullable(),
  output_verdict: verdict.nullable(),
  usage: z
    .object({ prompt: z.int(), cached: z.int(), output: z.int(), reasoning: z.int(), estimated: z.boolean() })
    .nullable(),
})

export const actEntry = z.object({
  type: z.literal('act'),
  id: z.string(),
  kind: z.string(),
  by: z.string(),
  about: z.string().nullable(),
  at: time,
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})

const entrySchema = z.discriminatedUnion('type', [requestEntry, actEntry])

export type Draft = z.output<typeof draftSchema>
export type RequestEntry = z.output<typeof requestEntry>
export type ActEntry = z.output<typeof actEntry>
export type LogEntry = z.output<typeof entrySchema>

/** Null for what is none of ours, or not written as we write it. */
export function parseEntry(bytes: Uint8Array): LogEntry | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const entry = entrySchema.parse(JSON.parse(text))
    return canonical(entry) === text ? entry : null
  } catch {
    return null
  }
}

/** The leaf of a request that is over. */
export function requestLeaf(row: Pick<OpenRow, 'account' | 'subject'>, entry: RequestEntry): NewLeaf {
  // A rare long entry does without what a replay needs: it must be written all the same.
  const bare = { ...entry, record: null }
  const forms = [() => entry, () => bare, () => briefer(bare, 2), () => briefer(bare, 0)]
  let body = ''
  for (const form of forms) {
    body = canonical(form())
    if (Buffer.byteLength(body) < mostEntryBytes) break
  }
  return { ...leafOf(entry.id, body), opened: true, account: row.account, subject: row.subject }
}

/** The leaf of an act: a change that somebody made, as it goes into the log. */
export function actLeaf(id: EntryId, { kind, by, about, details }: Act, at: number): NewLeaf {
  const facts = Object.entries(details).map(([name, value]) => [
    name,
    typeof value === 'string' ? shortened(value) : value,
  ])
  const entry = {
    type: 'act',
    id,
    kind,
    by: shortened(by),
    about: about === null ? null : shortened(about),
    at,
    details: Object.fromEntries(facts) as ActEntry['details'],
  } as const
  return { ...leafOf(id, canonical(entry)), opened: false, account: null, subject: null }
}

/** Names cut to what always fits: an entry must never be too long to be sealed. */
function briefer(entry: RequestEntry, mostHazards: number): RequestEntry {
  const brief = (verdict: RequestEntry['input_verdict']) =>
    verdict === null
      ? null
      : {
          ...verdict,
          hazards: verdict.hazards.slice(0, mostHazards),
          layer: cut(verdict.layer, 8),
          // That of the entry, but for its version.
          policy: '',
        }
  return {
    ...entry,
    model: cut(entry.model, 24),
    policy: cut(entry.policy, 24),
    error: entry.error === null ? null : cut(entry.error, 24),
    input_verdict: brief(entry.input_verdict),
    output_verdict: brief(entry.output_verdict),
  }
}

/** @param most bytes as JSON */
function cut(text: string, most: number): string {
  let left = text.toWellFormed()
  while (Buffer.byteLength(JSON.stringify(left)) - 2 > most) left = left.slice(0, -1).toWellFormed()
  return left
}

/** Names that clients give are as long as they like. */
export function shortened(text: string): string {
  const whole = text.toWellFormed()
  return whole.length <= longestText ? whole : `${whole.slice(0, longestText - 1).toWellFormed()}…`
}

function leafOf(id: string, body: string): Pick<NewLeaf, 'id' | 'hash' | 'body'> {
  const bytes = Buffer.from(body)
  if (bytes.length >= mostEntryBytes) throw new RangeError(`An entry of ${bytes.length} bytes.`)
  return { id: id as EntryId, hash: Buffer.from(leafHash(bytes)).toString('base64'), body }
}
