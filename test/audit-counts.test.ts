/** What the signed statement counts is kept and gone on from, and is what all entries add up to, also after `kill -9`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AuditParts } from '../src/audit/audit.ts'
import { parseEntry } from '../src/audit/log-entry.ts'
import type { AuditStore } from '../src/audit/store.ts'
import { Tally, tallyRules } from '../src/audit/tally.ts'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { postgresForTests } from './support/postgres.ts'
import { startedAudit } from './support/started-audit.ts'

const script = fileURLToPath(new URL('support/counts-writer.ts', import.meta.url))
const postgres = await postgresForTests()
const databases = ['SQLite', ...(postgres === null ? [] : ['Postgres'])]

/** Fills a log until at least so many entries were counted, then kills whoever does it. */
async function filled(home: string, url: string, least: number): Promise<void> {
  const writer = spawn(process.execPath, [script, home, url], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(writer, 'close')
  createInterface({ input: writer.stdout }).on('line', (size) => {
    if (Number(size) >= least) writer.kill('SIGKILL')
  })
  await closed
}

/** The stores of a log, and which entries were read from it. */
function watched(storage: Storage): { stores: AuditParts['stores']; read: [number, number][] } {
  const read: [number, number][] = []
  const audit = new Proxy(storage.audit, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (name !== 'bodies') return method
      return (begin: number, end: number) => {
        read.push([begin, end])
        return target.bodies(begin, end)
      }
    },
  }) satisfies AuditStore
  return { stores: { audit, subjects: storage.subjects, contents: storage.contents }, read }
}

/** The statement of a server that starts now, what all entries add up to, and from which one on it read them. */
async function stated(home: string, url: string) {
  const storage = await openStorage({ home, storage: { url } })
  const { stores, read } = watched(storage)
  const audit = await startedAudit(stores, home)
  const { statement } = await audit.transparency.signed()
  await audit.close()
  const tally = new Tally()
  for (const body of await storage.audit.bodies(0, statement.size)) {
    const entry = parseEntry(Buffer.from(body))
    if (entry !== null) tally.add(entry)
  }
  await storage.close()
  return { statement, counts: tally.counts(), first: read[0]?.[0] ?? statement.size }
}

describe.each(databases)('the counts of a log on %s', (database) => {
  async function place(): Promise<[string, string]> {
    const home = mkdtempSync(join(tmpdir(), 'elpis-counts-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    return [home, database === 'Postgres' ? ((await postgres?.freshDatabase()) ?? '') : '']
  }

  test('are what all entries add up to, and each start goes on from the last that were kept', async () => {
    const [home, url] = await place()
    for (const least of [5000, 10_000]) {
      await filled(home, url, least)
      const { statement, counts, first } = await stated(home, url)
      expect(statement).toMatchObject(counts)
      expect(statement.size).toBeGreaterThanOrEqual(least)
      expect(first).toBeGreaterThanOrEqual(least - 4096)
      const { began, requests, standing, appeals, policies, acts } = counts
      expect([began !== null, requests > 0, standing.lifted > 0, appeals.overturned > 0]).not.toContain(false)
      expect([policies.length > 0, (acts['content-read'] ?? 0) > 0]).not.toContain(false)
    }
  })

  test('are not taken from what is of another tree, cannot be read, or is of entries that nobody signed', async () => {
    const [home, url] = await place()
    const keeping = async (kept: { size: number; root: string; counts: string }) => {
      const storage = await openStorage({ home, storage: { url } })
      await storage.audit.keepCounts({ rules: tallyRules, ...kept })
      await storage.close()
      return await stated(home, url)
    }
    const storage = await openStorage({ home, storage: { url } })
    const audit = await startedAudit(storage, home)
    const act = { kind: 'key-created', by: 'owner', about: 'key_1', details: {} } as const
    for (let count = 0; count < 5; count++) await audit.acts.record(act)
    await audit.close()
    await storage.close()
    const { statement, counts } = await stated(home, url)
    const { size, root } = statement
    const lie = JSON.stringify({ ...counts, requests: 7 })
    for (const kept of [
      { size, root: Buffer.alloc(32).toString('base64'), counts: lie },
      { size: size + 5, root, counts: lie },
      { size, root, counts: '{' },
      { size, root, counts: '{}' },
    ]) {
      const now = await keeping(kept)
      expect(now.statement).toMatchObject(counts)
      expect(now.first).toBe(0)
    }
    // Whoever writes into the database can have a server state what it likes; counting again finds that out.
    const lied = await keeping({ size, root, counts: lie })
    expect([lied.statement.requests, lied.counts.requests]).toEqual([7, 0])
  })
})
