/** The transparency log, as auditors read it. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { provenEntry } from '../log/proof.ts'
import { parseLogKey } from '../log/note.ts'
import { checkLog } from '../log/pin.ts'
import { z } from '../schema.ts'
import { callFor } from '../server/call.ts'

const state = z.object({
  origin: z.string(),
  key: z.string(),
  size: z.number(),
  signed: z.number(),
  open: z.number(),
  checkpoint: z.string(),
  witnesses: z.array(z.object({ name: z.string(), signed_at: z.nullable(z.string()) })),
})
const verdict = z.nullable(
  z.object({ outcome: z.string(), action: z.string(), hazards: z.array(z.string()), layer: z.string() }),
)
const entry = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('request'),
    id: z.string(),
    kind: z.string(),
    model: z.string(),
    opened: z.number(),
    outcome: z.string(),
    error: z.nullable(z.string()),
    input_verdict: verdict,
    output_verdict: verdict,
  }),
  z.looseObject({
    type: z.literal('act'),
    id: z.string(),
    kind: z.string(),
    by: z.string(),
    about: z.nullable(z.string()),
    at: z.number(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
])
const placed = { position: z.number(), entry }
const page = z.object({ entries: z.array(z.object(placed)), next: z.nullable(z.number()) })
const one = z.object({ ...placed, proof: z.string() })

export type LogEntry = z.infer<typeof entry>
export type PlacedEntry = z.infer<typeof page>['entries'][number]

export const logStateQuery = queryOptions({
  queryKey: ['log-state'],
  queryFn: ({ signal }) => callFor(state, '/v1/admin/log', { signal }),
  refetchInterval: 15_000,
})

const onPage = 30

export const entriesQuery = infiniteQueryOptions({
  queryKey: ['log-entries'],
  queryFn: ({ signal, pageParam }) =>
    callFor(page, `/v1/admin/log/entries?limit=${onPage}${pageParam}`, { signal }),
  initialPageParam: '',
  getNextPageParam: ({ next }) => (next === null ? null : `&before=${next}`),
})

/** An entry, its proof, and whether the proof holds under the key that this browser knows; null where it cannot check. */
export function entryQuery(id: string) {
  return queryOptions({
    queryKey: ['log-entry', id],
    async queryFn({ signal }) {
      const found = await callFor(one, `/v1/admin/log/entries/${encodeURIComponent(id)}`, { signal })
      const known = await checkLog(signal)
      const key = 'pin' in known ? await parseLogKey(known.pin.key) : null
      const proven = key === null ? null : await provenEntry(found.proof, key)
      const holds = key === null ? null : proven !== null && idOf(proven) === found.entry.id
      return { ...found, holds }
    },
  })
}

function idOf(text: string): unknown {
  return (JSON.parse(text) as { id?: unknown }).id
}
