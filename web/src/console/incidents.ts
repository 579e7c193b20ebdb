/** Incidents and the clocks of the laws, as calls of the server. */
import { queryOptions } from '@tanstack/react-query'
import type { RegimeName } from '../../../src/monitoring/incidents/regimes.ts'
import { z } from '../schema.ts'
import { call, callFor } from '../server/call.ts'

const incident = z.object({
  id: z.string(),
  title: z.string(),
  created_at: z.string(),
  discovered_at: z.string(),
  closed_at: z.nullable(z.string()),
  next_due: z.nullable(z.string()),
  clocks: z.array(
    z.object({
      regime: z.string(),
      due: z.string(),
      reported: z.nullable(z.string()),
      seconds_left: z.number(),
    }),
  ),
  evidence: z.array(z.string()),
  notes: z.array(z.object({ at: z.string(), by: z.string(), text: z.string() })),
})

export type Incident = z.infer<typeof incident>

/** Which clocks there are, in few words; the laws themselves stand in docs/guides/incidents.md. */
export const regimeWords: Readonly<Record<RegimeName, string>> = {
  sb53: 'California SB 53, 15 days',
  'sb53-imminent': 'California SB 53, imminent danger, 24 hours',
  raise: 'New York RAISE, 72 hours',
  'raise-imminent': 'New York RAISE, imminent danger, 24 hours',
  'eu-73': 'EU AI Act, Article 73, 15 days',
  'eu-73-death': 'EU AI Act, Article 73, a death, 10 days',
  'eu-73-critical': 'EU AI Act, Article 73, infrastructure, 2 days',
}

export const incidentsQuery = queryOptions({
  queryKey: ['incidents'],
  queryFn: ({ signal }) =>
    callFor(z.object({ incidents: z.array(incident) }), '/v1/admin/incidents', { signal }),
  refetchInterval: 60_000,
})

export interface NewIncident {
  readonly title: string
  readonly regimes: readonly string[]
  readonly evidence: readonly string[]
  readonly note?: string
}

export function openIncident(wish: NewIncident): Promise<Incident> {
  return callFor(incident, '/v1/admin/incidents', { method: 'POST', body: wish })
}

export interface IncidentChange {
  readonly note?: string
  readonly reported?: readonly string[]
  readonly regimes?: readonly string[]
  readonly evidence?: readonly string[]
  readonly close?: boolean
}

export function changeIncident(id: string, change: IncidentChange): Promise<Incident> {
  return callFor(incident, `/v1/admin/incidents/${id}`, { method: 'POST', body: change })
}

/** The whole of it with what proves its evidence, as JSON. */
export async function incidentReport(id: string): Promise<string> {
  return await (await call(`/v1/admin/incidents/${id}/report`)).text()
}

/** Ids of entries in what somebody typed. */
export function entriesIn(text: string): string[] {
  return [...new Set(text.match(/ent_\w{1,80}/g))]
}
