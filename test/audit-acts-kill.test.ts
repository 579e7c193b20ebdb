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

async function stands(place: StoragePlace): Promise<void> {
  const storage = await openStorage(place)
  try {
    const { size } = await storage.audit.state()
    const bodies = await storage.audit.bodies(0, size)
    const acts = bodies
      .map((body) => parseEntry(Buffer.from(body)))
      .filter((entry): entry is ActEntry => entry?.type === 'act')
    const said = (kind: string, of: (act: ActEntry) => unknown) =>
      acts
        .filter((act) => act.kind === kind && of(act) !== undefined)
        .map(of)
        .toSorted()
    const measures = await storage.measures.list({ past: true, now: 0, limit: most })
    const reviews = await storage.reviews.list({ waiting: false, limit: most })
    const appeals = reviews.filter(({ kind }) => kind === 'appeal')
    expect(measures.length).toBeGreaterThan(kills)
    expect(
      said('standing-changed', ({ about, details: { until } }) => (until === undefined ? until : about)),
    ).toEqual(measures.map(({ target }) => targetText(target)).toSorted())
    expect(said('appeal-opened', ({ details }) => details['case'])).toEqual(
      appeals.map(({ caseId }) => caseId).toSorted(),
    )
    const decided = appeals.filter((review) => review.decided !== null).map(({ id }) => id)
    expect(decided.length).toBeGreaterThan(0)
    expect(said('appeal-decided', ({ details }) => details['review'])).toEqual(decided.toSorted())
    const shut = (state: string) =>
      said('stop-changed', ({ details }) => (details['state'] === state ? details['id'] : undefined))
    const standing = await storage.shutdowns.current()
    const lifted = shut('lifted')
    expect(lifted.length).toBeGreaterThan(0)
    expect(shut('shut-down')).toEqual([...lifted, ...(standing === null ? [] : [standing.id])].toSorted())
  } finally {
    await storage.close()
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'elpis-acts-kill-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('an act and its entry: both or neither', { timeout: 180_000 }, () => {
  test('on SQLite', async () => {
    const home = folder()
    for (let count = 0; count < kills; count++) await killed(home, '')
    await stands({ home })
  })

  test.skipIf(postgres === null)('on Postgres', async () => {
    const [home, url] = [folder(), (await postgres?.freshDatabase()) ?? '']
    for (let count = 0; count < kills; count++) await killed(home, url)
    await stands({ home, storage: { url } })
  })
})
