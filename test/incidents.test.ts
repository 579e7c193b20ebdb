import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ActEntry } from '../src/audit/log-entry.ts'
import type { EntryId } from '../src/core/ids.ts'
import { Incidents } from '../src/monitoring/incidents/incidents.ts'
import { regimes } from '../src/monitoring/incidents/regimes.ts'
import { startReminders, type Reminder } from '../src/monitoring/incidents/reminders.ts'
import { openStorage } from '../src/storage/storage.ts'
import { elpis, freshHome } from './support/elpis.ts'
import { keptActs } from './support/kept-acts.ts'
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
  const { acts, kept } = keptActs()
  const clock = { now: () => now }
  const incidents = new Incidents({
    store: storage.incidents,
    clock,
    acts,
    evidence: {
      proof: async (entry) => (entry === 'ent_1' ? 'c2sp.org/tlog-proof@v1 …' : null),
      unknown: async (entries) => entries.filter((entry) => entry === 'ent_9'),
    },
  })
  return {
    store: storage.incidents,
    incidents,
    kept,
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
    const { incidents, kept, pass, clock } = await desk(database)
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
    expect(kept.map(({ kind, by, about }) => [kind, by, about])).toEqual([
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
    const made = { ...nothing, addEvidence: ['ent_9' as EntryId] }
    await expect(incidents.change(id, made, 'x')).rejects.toMatchObject({ code: 'evidence_unknown' })
    expect(kept).toHaveLength(3)
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

test('the command line keeps them without a server: each change is in the log, and evidence is proven', async () => {
  await using home = freshHome()
  const run = async (...words: string[]) => await elpis(home, words)
  const entries = async () => {
    const { stdout } = await run('audit', 'export')
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ActEntry)
  }
  const words = ['--title', 'Lost weights', '--law', 'raise', '--discovered', '80h', '--json']
  const { id } = JSON.parse((await run('incident', 'new', ...words)).stdout) as { id: string }
  expect((await run('incident', 'show', id)).stdout).toMatch(/raise +due .* OVERDUE by 8 h/)
  const [opened] = await entries()
  expect(opened).toMatchObject({ kind: 'incident-changed', by: 'owner', about: id })
  const evidence = opened?.id ?? ''
  const change = ['--reported', 'raise', '--note', 'Told them', '--close']
  const none = await run('incident', 'update', id, '--evidence', evidence, '--evidence', 'ent_9', ...change)
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('There is no entry "ent_9"')])
  expect((await run('incident', 'update', id, '--evidence', evidence, ...change)).code).toBe(0)
  expect((await run('incident', 'list')).stdout).toMatch(/closed +– +Lost weights/)
  const file = join(home.path, 'report.json')
  await run('incident', 'export', id, '--out', file)
  const report = JSON.parse(readFileSync(file, 'utf8')) as { evidence: { proof: string }[] }
  expect(report).toMatchObject({ format: 'elpis-incident/v1', evidence: [{ entry: evidence }] })
  const proof = join(home.path, 'evidence.tlog-proof')
  writeFileSync(proof, report.evidence[0]?.proof ?? '')
  const verified = await run('audit', 'verify', 'receipt', proof, '--json')
  expect([verified.code, JSON.parse(verified.stdout)]).toMatchObject([0, { ok: true, entry: { about: id } }])
  expect((await entries()).map(({ kind, details }) => [kind, details['change'] ?? null])).toEqual([
    ['incident-changed', 'opened'],
    ['content-exported', null],
    ['incident-changed', 'closed'],
  ])
  expect((await run('incident', 'show', 'inc_none')).code).toBe(3)
  expect((await run('incident', 'new', '--title', 'x', '--law', 'gdpr')).code).toBe(2)
}, 120_000)
