/** What is erased is in no later backup, on either database, and in no file of Postgres after `VACUUM FULL`; a clock that is set back loses nothing and erases nothing. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openHomeKeys } from '../src/audit/home-keys.ts'
import type { LogEntry } from '../src/audit/log-entry.ts'
import { verifyLog } from '../src/audit/verify-log.ts'
import type { SubjectName } from '../src/core/ids.ts'
import { writeBackup } from '../src/storage/backup/write-backup.ts'
import { openStorage, type StoragePlace } from '../src/storage/storage.ts'
import { acceptedRequest } from './support/audit-requests.ts'
import { postgresForTests } from './support/postgres.ts'
import { startedAudit } from './support/started-audit.ts'

const postgres = await postgresForTests()
const subject = 'key:key_writer' as SubjectName
const start = Date.UTC(2026, 10, 27)

function home(): string {
  const path = mkdtempSync(join(tmpdir(), 'elpis-erasure-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function opened(place: StoragePlace, clock = { now: () => start }) {
  const stores = await openStorage(place)
  const audit = await startedAudit(stores, place.home, { clock, content: { keep: 'all', days: 30 } })
  return {
    audit,
    key: openHomeKeys(place.home, '').log,
    stores,
    close: async () => {
      await audit.close()
      await stores.close()
    },
  }
}

async function backupOf(place: StoragePlace, name: string): Promise<string> {
  const file = join(place.home, name)
  const signal = AbortSignal.timeout(60_000)
  await writeBackup({ place, file, force: false, version: '0.0.0-test', now: start, signal })
  const bytes = readFileSync(file)
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('latin1')
}

/** @returns whether the key of somebody is in a backup made before they were erased, and in one made after */
async function erasedFromBackups(place: StoragePlace): Promise<[boolean, boolean]> {
  const { audit, stores, key, close } = await opened(place)
  const request = await acceptedRequest(audit)
  await request.close({ type: 'finished', usage: null })
  const wrapped = (await stores.subjects.find(subject)) ?? ''
  expect(wrapped).not.toBe('')
  const before = await backupOf(place, 'before')
  await audit.contents.erase(subject, 'owner')
  expect(await stores.subjects.find(subject)).toBeNull()
  const after = await backupOf(place, 'after')
  expect(after).toContain(request.id)
  await audit.close()
  expect(await verifyLog({ source: audit.log, key })).toMatchObject({ ok: true, requests: 1 })
  await close()
  return [before.includes(wrapped), after.includes(wrapped)]
}

describe('an erased key is in no later backup', () => {
  test('of SQLite', async () => {
    expect(await erasedFromBackups({ home: home() })).toEqual([true, false])
  }, 60_000)

  test.skipIf(postgres === null)(
    'of Postgres',
    async () => {
      const url = (await postgres?.freshDatabase()) ?? ''
      expect(await erasedFromBackups({ home: home(), storage: { url } })).toEqual([true, false])
    },
    120_000,
  )
})

/** Which files below a folder hold a text; those that go meanwhile hold nothing. */
function filesWith(folder: string, text: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  return files.flatMap(({ parentPath, name }) => {
    const path = join(parentPath, name)
    try {
      return readFileSync(path).includes(text) ? [path.slice(folder.length + 1)] : []
    } catch {
      return []
    }
  })
}

test.skipIf(postgres === null || postgres.folder === null)(
  'an erased key is in no file of Postgres once its tables were rewritten and the write-ahead log has moved on',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? ''
    const database = new URL(url).pathname.slice(1)
    const run = async (statement: string) => await postgres?.run(statement, database)
    const { audit, stores, close } = await opened({ home: home(), storage: { url } })
    const request = await acceptedRequest(audit)
    await request.close({ type: 'finished', usage: null })
    const wrapped = (await stores.subjects.find(subject)) ?? ''
    const box = (await stores.contents.find(request.id, start))?.box ?? ''
    expect([wrapped, box]).not.toContain('')
    for (let other = 0; other < 20; other++) {
      await stores.subjects.ensure(`key:other_${other}` as SubjectName, `${other}`.repeat(40), start)
    }
    // As autovacuum does from time to time: samples of columns must not hold what shall be erased.
    await run('analyze')
    await run('checkpoint')
    const holding = () =>
      [wrapped, box.slice(0, 60)].flatMap((text) => filesWith(postgres?.folder ?? '', text))
    expect(holding().some((file) => file.startsWith('base/'))).toBe(true)
    await audit.contents.erase(subject, 'owner')
    await run('vacuum full audit_subjects, audit_content')
    await run('checkpoint')
    expect(holding().filter((file) => !file.startsWith('pg_wal/'))).toEqual([])
    for (let segment = 0; segment < 20 && holding().length > 0; segment++) {
      await acceptedRequest(audit)
      await run('select pg_switch_wal()')
      await run('checkpoint')
    }
    expect(holding()).toEqual([])
    await close()
  },
  120_000,
)

test('a clock that is set back leaves every entry in its order, none ends before it began, and nothing expires early', async () => {
  let now = start
  const place = { home: home() }
  const { audit, key, close } = await opened(place, { now: () => now })
  const ids: string[] = []
  for (const jump of [0, -3_600_000, 5000, -40 * 86_400_000, 1000]) {
    now += jump
    const request = await acceptedRequest(audit)
    now -= 60_000
    await request.close({ type: 'finished', usage: null })
    ids.push(request.id)
  }
  expect(new Set(ids).size).toBe(5)
  expect(await audit.contents.prune()).toBe(0)
  now = start + 90 * 86_400_000
  // Asked for twice at once, it is done and recorded once.
  const pruned = await Promise.all([audit.contents.prune(), audit.contents.prune()])
  expect(pruned.toSorted()).toEqual([0, 5])
  await audit.close()
  const entries: LogEntry[] = []
  const report = await verifyLog({ source: audit.log, key, onEntry: (entry) => void entries.push(entry) })
  expect(report).toMatchObject({ ok: true, requests: 5 })
  expect(entries.slice(0, 5).map(({ id }) => id)).toEqual(ids)
  const requests = entries.slice(0, 5)
  expect(requests.every((entry) => entry.type === 'request' && entry.closed >= entry.opened)).toBe(true)
  expect(entries.slice(5)).toMatchObject([{ kind: 'retention-applied', details: { deleted: 5 } }])
  await close()
})
