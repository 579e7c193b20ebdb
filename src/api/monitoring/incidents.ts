import { z } from 'zod'
import type { EntryId } from '../../core/ids.ts'
import { nextClock, type Incident } from '../../monitoring/incidents/incident.ts'
import { regimeNames, type RegimeName } from '../../monitoring/incidents/regimes.ts'
import { defineOperation } from './operation.ts'

const text = z.string().trim().min(1)
const id = z.string().max(60)
const regime = z.enum(regimeNames as [RegimeName, ...RegimeName[]])
const entry = z
  .string()
  .regex(/^ent_\w{1,80}$/, 'must be the id of an entry, such as ent_…')
  .transform((value) => value as EntryId)
const time = z.iso.datetime({ offset: true })

const view = z.object({
  id: z.string(),
  title: z.string(),
  created_at: z.string(),
  discovered_at: z.string(),
  closed_at: z.string().nullable(),
  next_due: z.string().nullable().describe('When the next report is due; null when none is.'),
  clocks: z.array(
    z.object({ regime, due: z.string(), reported: z.string().nullable(), seconds_left: z.number() }),
  ),
  evidence: z.array(z.string()),
  notes: z.array(z.object({ at: z.string(), by: z.string(), text: z.string() })),
})
export type IncidentView = z.output<typeof view>

function viewOf(incident: Incident, now: number): IncidentView {
  const { id: name, title, createdAt, discoveredAt, closedAt, clocks, evidence, notes } = incident
  const next = nextClock(incident)
  return {
    id: name,
    title,
    created_at: iso(createdAt),
    discovered_at: iso(discoveredAt),
    closed_at: closedAt === null ? null : iso(closedAt),
    next_due: next === null ? null : iso(next.dueAt),
    clocks: clocks.map((clock) => ({
      regime: clock.regime,
      due: iso(clock.dueAt),
      reported: clock.reportedAt === null ? null : iso(clock.reportedAt),
      seconds_left: Math.round((clock.dueAt - now) / 1000),
    })),
    evidence: [...evidence],
    notes: notes.map(({ at, by, text: said }) => ({ at: iso(at), by, text: said })),
  }
}

const iso = (at: number) => new Date(at).toISOString()

const common = {
  evidence: z.array(entry).max(1000).default([]).describe('Entries of the log.'),
  note: text.max(10_000).optional(),
}

export const newIncident = defineOperation({
  name: 'incident-new',
  summary: 'Open an incident; its clocks run from its discovery',
  method: 'POST',
  path: '/v1/admin/incidents',
  needs: 'server.act',
  input: z.strictObject({
    title: text.max(500),
    regimes: z.array(regime).max(20).default([]),
    discovered_at: time.optional().describe('When it was discovered; now when left out.'),
    ...common,
  }),
  output: view,
  async run({ incidents, now }, { title, regimes, discovered_at: discovered, evidence, note }, by) {
    const discoveredAt = discovered === undefined ? undefined : Date.parse(discovered)
    return viewOf(await incidents.open({ title, regimes, discoveredAt, evidence, note }, by), now())
  },
})

export const updateIncident = defineOperation({
  name: 'incident-update',
  summary: 'Add to an incident, say that it was reported, or close it',
  method: 'POST',
  path: '/v1/admin/incidents/:id',
  needs: 'server.act',
  input: z.strictObject({
    id,
    regimes: z.array(regime).max(20).default([]).describe('Clocks to add.'),
    reported: z.array(regime).max(20).default([]).describe('Those to whose authorities it was reported.'),
    close: z.boolean().default(false),
    ...common,
  }),
  output: view,
  async run({ incidents, now }, { id: which, regimes, reported, close, evidence, note }, by) {
    const change = { note, addRegimes: regimes, addEvidence: evidence, reported, close }
    return viewOf(await incidents.change(which, change, by), now())
  },
})

export const listIncidents = defineOperation({
  name: 'incident-list',
  summary: 'List incidents, the newest first',
  method: 'GET',
  path: '/v1/admin/incidents',
  needs: 'server.read',
  input: z.strictObject({}),
  output: z.object({ incidents: z.array(view) }),
  run: async ({ incidents, now }) => ({
    incidents: (await incidents.list()).map((incident) => viewOf(incident, now())),
  }),
})

export const showIncident = defineOperation({
  name: 'incident-show',
  summary: 'Describe one incident',
  method: 'GET',
  path: '/v1/admin/incidents/:id',
  needs: 'server.read',
  input: z.strictObject({ id }),
  output: view,
  run: async ({ incidents, now }, { id: which }) => viewOf(await incidents.find(which), now()),
})

export const exportIncident = defineOperation({
  name: 'incident-export',
  summary: 'Export an incident with what proves its evidence',
  method: 'GET',
  path: '/v1/admin/incidents/:id/report',
  needs: 'server.read',
  input: z.strictObject({ id }),
  output: z.looseObject({ format: z.literal('elpis-incident/v1') }),
  run: async ({ incidents }, { id: which }) => ({ ...(await incidents.report(which)) }),
})
