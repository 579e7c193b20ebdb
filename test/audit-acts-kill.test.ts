/**
 * What only the database decides (steps of the ladder, appeals, decisions, shutdowns) is in the log if and only if it was
 * done, also when the server is killed (`kill -9`) in the midst of it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseEntry, type ActEntry } from '../src/audit/log-entry.ts'
import { targetText } from '../src/standing/target.ts'
import { openStorage, type StoragePlace } from '../src/storage/storage.ts'
import { postgresForTests } from './support/postgres.ts'

const kills = 3
const script = fileURLToPath(new URL('support/acts-writer.ts', import.meta.url))
const postgres = await postgresForTests()
const most = 100_000

async function killed(home: string, url: string): Promise<void> {
  const writer = spawn(process.execPath, [script, home, url], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(writer, 'close')
  await once(writer.stdout, 'data')
  await pause(Math.random() * 400)
  writer.kill('SIGKILL')
  await closed
}

/** What was done, and what the log says was done, each as sorted lines. */
async function doneAndSaid(place: StoragePlace): Promise<{ done: string[]; said: string[] }> {
  const storage = await openStorage(place)
  try {
    const { size } = await storage.audit.state()
    const bodies = await storage.audit.bodies(0, size)
    const entries = bodies.map((body) => parseEntry(Buffer.from(body)))
    const said = entries.flatMap((entry) => (entry?.type === 'act' ? lineOf(entry) : []))
    const measures = await storage.measures.list({ past: true, now: 0, limit: most })
    const reviews = await storage.reviews.list({ waiting: false, limit: most })
    const appeals = reviews.filter(({ kind }) => kind === 'appeal')
    const standing = await storage.shutdowns.current()
    const lifted = said.filter((line) => line.startsWith('lifted ')).map((line) => line.slice(7))
    const shut = standing === null ? lifted : [...lifted, standing.id]
    const done = [
      ...measures.map(({ target }) => `step ${targetText(target)}`),
      ...appeals.map(({ caseId }) => `appeal ${caseId}`),
      ...appeals.flatMap(({ id, decided }) => (decided === null ? [] : `decided ${id}`)),
      ...shut.map((id) => `shut-down ${id}`),
      ...lifted.map((id) => `lifted ${id}`),
    ]
    return { done: done.toSorted(byText), said: said.toSorted(byText) }
  } finally {
    await storage.close()
  }
}

function lineOf({ kind, about, details }: ActEntry): string | [] {
  if (kind === 'standing-changed' && details['until'] !== undefined) return `step ${about}`
  if (kind === 'appeal-opened') return `appeal ${details['case']}`
  if (kind === 'appeal-decided') return `decided ${details['review']}`
  const { state, id } = details
  return kind === 'stop-changed' && state !== 'consent' ? `${state} ${id}` : []
}

const byText = (one: string, other: string) => (one < other ? -1 : 1)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'elpis-acts-kill-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('an act and its entry: both or neither', { timeout: 180_000 }, () => {
  test('on SQLite', async () => {
    const home = folder()
    for (let count = 0; count < kills; count++) await killed(home, '')
    const { done, said } = await doneAndSaid({ home })
    expect(said).toEqual(done)
    expect(new Set(done.map((line) => line.split(' ')[0])).size).toBe(5)
  })

  test.skipIf(postgres === null)('on Postgres', async () => {
    const [home, url] = [folder(), (await postgres?.freshDatabase()) ?? '']
    for (let count = 0; count < kills; count++) await killed(home, url)
    const { done, said } = await doneAndSaid({ home, storage: { url } })
    expect(said).toEqual(done)
    expect(new Set(done.map((line) => line.split(' ')[0])).size).toBe(5)
  })
})
