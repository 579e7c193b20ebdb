/**
 * Servers are killed (`kill -9`) at random moments under load, and the log is looked at afterwards. The whole figure is
 * 200 kills on each database: `AUDIT_KILLS=200 npx vitest run --project product test/audit-kill.test.ts`.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openCheckpoint } from '../src/audit/checkpoint.ts'
import { openHomeKeys } from '../src/audit/home-keys.ts'
import { verifyConsistency } from '../src/audit/verify-consistency.ts'
import { verifyLog } from '../src/audit/verify-log.ts'
import { openStorage } from '../src/storage/storage.ts'
import { postgresForTests } from './support/postgres.ts'
import { startedAudit } from './support/started-audit.ts'

const kills = Number(process.env['AUDIT_KILLS'] ?? 3)
const minutes = 1 + kills / 5
const script = fileURLToPath(new URL('support/audit-writer.ts', import.meta.url))
const postgres = await postgresForTests()

interface Acknowledged {
  readonly open: string[]
  readonly done: string[]
  /** Signed checkpoints, each once. */
  readonly checkpoints: Set<string>
}

function writer(home: string, url: string, seen: Acknowledged): ChildProcess {
  const child = spawn(process.execPath, [script, home, url], { stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const [what = '', value = ''] = line.split(' ')
    if (what === 'checkpoint') seen.checkpoints.add(Buffer.from(value, 'base64').toString())
    else if (what === 'open') seen.open.push(value)
    else seen.done.push(value)
  })
  return child
}

/** Lets a writer work for a random moment after its first entry, then kills it. */
async function killed(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close')
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  await pause(Math.random() * 300)
  child.kill('SIGKILL')
  await closed
}

async function nothingIsLost(home: string, url: string, seen: Acknowledged): Promise<number> {
  const stores = await openStorage({ home, storage: { url } })
  const key = openHomeKeys(home, '').log
  const audit = await startedAudit(stores, home)
  try {
    const entries = new Map<string, string>()
    const report = await verifyLog({
      source: audit.log,
      key,
      onEntry: (entry) => void (entry.type === 'request' && entries.set(entry.id, entry.outcome)),
    })
    // It also finds an id that is there twice.
    expect(report.problems).toEqual([])
    expect(seen.open.filter((id) => !entries.has(id))).toEqual([])
    expect(seen.done.filter((id) => entries.get(id) !== 'finished')).toEqual([])
    for (const signed of seen.checkpoints) {
      const old = openCheckpoint(signed, key)
      if (old === null) throw new Error('A checkpoint was published that nobody signed.')
      expect(await verifyConsistency(old, audit.log, key)).toBeNull()
    }
    console.log(
      `${kills} kills: ${seen.open.length} acknowledged, ${report.requests ?? 0} entries, ${[...entries.values()].filter((outcome) => outcome === 'interrupted').length} interrupted, ${seen.checkpoints.size} checkpoints`,
    )
    return report.requests ?? 0
  } finally {
    await audit.close()
    await stores.close()
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'elpis-kill-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const nothingYet = (): Acknowledged => ({ open: [], done: [], checkpoints: new Set() })

describe('killed at random moments', { timeout: minutes * 60_000 }, () => {
  test('on SQLite: no acknowledged request without its entry, none twice, one tree', async () => {
    const [home, seen] = [folder(), nothingYet()]
    for (let count = 0; count < kills; count++) await killed(writer(home, '', seen))
    expect(await nothingIsLost(home, '', seen)).toBeGreaterThanOrEqual(seen.open.length)
  })

  test.skipIf(postgres === null)('on Postgres, with another server that writes on', async () => {
    const [home, seen] = [folder(), nothingYet()]
    const url = (await postgres?.freshDatabase()) ?? ''
    let staying = writer(home, url, seen)
    for (let count = 0; count < kills; count++) {
      const next = writer(home, url, seen)
      // Whoever appends just now is killed as often as not; the other goes on.
      await killed(staying)
      staying = next
    }
    await killed(staying)
    expect(await nothingIsLost(home, url, seen)).toBeGreaterThanOrEqual(seen.open.length)
  })
})
