import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { noActs, type Act } from '../src/core/acts.ts'
import type { EntryId } from '../src/core/ids.ts'
import { Incidents } from '../src/monitoring/incidents/incidents.ts'
import { regimes } from '../src/monitoring/incidents/regimes.ts'
import { startReminders, type Reminder } from '../src/monitoring/incidents/reminders.ts'
import { openStorage } from '../src/storage/storage.ts'
import { elpis, freshHome } from './support/elpis.ts'
import { postgresForTests } from './support/postgres.ts'
import { prepareDatabase } from './support/prepared-home.ts'

const hour = 3_600_000
const postgres = await postgresForTests()
const databases = ['SQLite', ...(postgres === null ? [] : ['Postgres'])]

async function desk(database: string) {
  const home = mkdtempSync(join(tmpdir(), 'elpis-incidents-'))
  if (database === 'SQLite') prepareDatabase(home)
  const url = database === 'Postgres' ? ((await postgres?.freshDatabase()) ?? '') : ''
  const storage = await openStorage({ home, storage: { url } })
  onTestFinished(async () => {
    await storage.close()
    rmSync(home, { recursive: true, force: true })
  })
  let now = 1_800_000_000_000
  const acts: Act[] = []
  const clock = { now: () => now }
  const incidents = new Incidents({
    store: storage.incidents,
    clock,
    acts: {
      ...noActs,
      record: async (act) => {
        acts.push(act)
        return 'ent_act' as EntryId
      },
    },
    proofOf: async (entry) => (entry === 'ent_1' ? 'c2sp.org/tlog-proof@v1 …' : null),
  })
  return {
    store: storage.incidents,
    incidents,
    acts,
    clock,
    pass: (hours: number) => void (now += hours * hour),
  }
}

const nothing = { addRegimes: [], addEvidence: [], reported: [], close: false }

test('the clocks are those of the laws', () => {
  const hours = Object.fromEntries(Object.entries(regimes).map(([name, { within }]) => [name, within / hour]))
  expect(hours).toEqual({
    sb53: 15 * 24,
    'sb53-imminent': 24,
    raise: 72,
    'raise-imminent': 24,
    'eu-73': 15 * 24,
    'eu-73-death': 10 * 24,
    'eu-73-critical': 2 * 24,
  })
})

describe.each(databases)('incidents on %s', (database) => {
  test('run from their discovery, stop when reported, and every change is an act', async () => {
    const { incidents, acts, pass, clock } = await desk(database)
    const discoveredAt = clock.now() - 2 * hour
    const evidence = ['ent_1', 'ent_2'] as EntryId[]
    const { id } = await incidents.open(
      { title: 'Leak', regimes: ['raise', 'sb53'], discoveredAt, evidence },
      'key_1',
    )
    pass(1)
    await incidents.change(
      id,
      { ...nothing, note: 'Looked into it', addRegimes: ['eu-73-critical', 'raise'] },
      'key_1',
    )
    const reported = await incidents.change(id, { ...nothing, reported: ['raise'] }, 'person_2')
    expect(reported.clocks).toEqual([
      { regime: 'raise', dueAt: discoveredAt + 72 * hour, reportedAt: clock.now(), reminded: 0 },
      { regime: 'sb53', dueAt: discoveredAt + 360 * hour, reportedAt: null, reminded: 0 },
      { regime: 'eu-73-critical', dueAt: discoveredAt + 48 * hour, reportedAt: null, reminded: 0 },
    ])
    expect(acts.map(({ kind, by, about }) => [kind, by, about])).toEqual([
      ['incident-changed', 'key_1', id],
      ['incident-changed', 'key_1', id],
      ['incident-changed', 'person_2', id],
    ])
    const report = await incidents.report(id)
    expect(report.evidence).toEqual([
      { entry: 'ent_1', proof: 'c2sp.org/tlog-proof@v1 …' },
      { entry: 'ent_2', proof: null },
    ])
    expect(report.clocks[0]).toMatchObject({ regime: 'raise', law: expect.stringContaining('§ 1422') })
    await expect(incidents.change('inc_none', nothing, 'x')).rejects.toMatchObject({
      code: 'incident_not_found',
    })
  })

  test('changed by two at once keep both changes', async () => {
    const { incidents } = await desk(database)
    const { id } = await incidents.open({ title: 'Two', regimes: [], evidence: [] }, 'a')
    await Promise.all(['one', 'two', 'three'].map((note) => incidents.change(id, { ...nothing, note }, note)))
    const { notes } = await incidents.find(id)
    expect(notes.map(({ text }) => text).toSorted()).toEqual(['one', 'three', 'two'])
  })

  test('are reminded of before a clock runs out, by one of several servers, and not again', async () => {
    const { store, incidents, clock, pass } = await desk(database)
    const told: Reminder[] = []
    let left = new Map<string, number>()
    const parts = {
      store,
      clock,
      tell: (reminder: Reminder) => void told.push(reminder),
      standing: (_open: number, by: ReadonlyMap<string, number>) => void (left = new Map(by)),
      onTrouble: (error: unknown) => {
        throw error
      },
    }
    const servers = [startReminders(parts), startReminders(parts)]
    onTestFinished(async () => {
      for (const server of servers) await server.close()
    })
    const look = async () => {
      for (const server of servers) await server.look()
      return told.splice(0).map((reminder) => [reminder.clock.regime, Math.round(reminder.left / hour)])
    }
    const { id } = await incidents.open(
      { title: 'Slow', regimes: ['raise', 'eu-73-critical'], evidence: [] },
      'a',
    )
    expect(await look()).toEqual([])
    pass(25)
    expect(await look()).toEqual([['eu-73-critical', 23]])
    expect(left.get('raise')).toBe(47 * hour)
    pass(12)
    expect(await look()).toEqual([['raise', 35]])
    pass(6)
    expect(await look()).toEqual([['eu-73-critical', 5]])
    expect(await look()).toEqual([])
    await incidents.change(id, { ...nothing, reported: ['raise'] }, 'a')
    pass(10)
    expect(await look()).toEqual([['eu-73-critical', -5]])
    await incidents.change(id, { ...nothing, close: true }, 'a')
    pass(1000)
    expect(await look()).toEqual([])
    expect(left.size).toBe(0)
  })
})

test('the command line keeps them without a server', async () => {
  await using home = freshHome()
  const made = await elpis(home, [
    'incident',
    'new',
    '--title',
    'Lost weights',
    '--law',
    'raise',
    '--discovered',
    '80h',
    '--json',
  ])
  const { id } = JSON.parse(made.stdout) as { id: string }
  expect((await elpis(home, ['incident', 'show', id])).stdout).toMatch(/raise +due .* OVERDUE by 8 h/)
  await elpis(home, [
    'incident',
    'update',
    id,
    '--reported',
    'raise',
    '--evidence',
    'ent_9',
    '--note',
    'Told them',
    '--close',
  ])
  expect((await elpis(home, ['incident', 'list'])).stdout).toMatch(/closed +– +Lost weights/)
  const file = join(home.path, 'report.json')
  await elpis(home, ['incident', 'export', id, '--out', file])
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    format: 'elpis-incident/v1',
    evidence: [{ entry: 'ent_9', proof: null }],
  })
  expect((await elpis(home, ['incident', 'show', 'inc_none'])).code).toBe(3)
  expect((await elpis(home, ['incident', 'new', '--title', 'x', '--law', 'gdpr'])).code).toBe(2)
})
