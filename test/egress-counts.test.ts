/** Counts of what left survive restarts and kills, and servers on one database share them; nothing counts twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { EgressStore } from '../src/monitoring/egress-ledger.ts'
import { openStorage } from '../src/storage/storage.ts'
import { postgresForTests } from './support/postgres.ts'
import { allowance, sharedEgress } from './support/shared-egress.ts'

const script = fileURLToPath(new URL('support/egress-writer.ts', import.meta.url))
const postgres = await postgresForTests()
const databases = ['SQLite', ...(postgres === null ? [] : ['Postgres'])]
const hour = 3_600_000

describe.each(databases)('counts of what left, on %s', (database) => {
  async function place() {
    const home = mkdtempSync(join(tmpdir(), 'elpis-egress-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const url = database === 'Postgres' ? ((await postgres?.freshDatabase()) ?? '') : ''
    return { home, url }
  }

  /** The store of one more server on the same database. */
  async function storeOf({ home, url }: { home: string; url: string }): Promise<EgressStore> {
    const storage = await openStorage({ home, storage: { url } })
    onTestFinished(() => storage.close())
    return storage.egress
  }

  test('are those of two servers together: what was half taken from each is cut at both, and after a restart', async () => {
    const where = await place()
    const [one, other] = [sharedEgress(await storeOf(where)), sharedEgress(await storeOf(where))]
    for (const { egress } of [one, other]) egress.count('key_taker', allowance / 2)
    one.egress.count('key_other', 10)
    expect([one, other].map(({ egress }) => egress.isCut('key_taker'))).toEqual([false, false])
    await one.ledger.exchange()
    // What was counted here since comes on top of what is read.
    one.egress.count('key_other', 5)
    await other.ledger.exchange()
    await one.ledger.exchange()
    await other.ledger.exchange()
    const again = sharedEgress(await storeOf(where))
    await again.ledger.exchange()
    for (const { egress, alerts } of [one, other, again]) {
      expect(['key_taker', 'key_other', 'key_new'].map((key) => egress.isCut(key))).toEqual([
        true,
        false,
        false,
      ])
      expect(egress.total).toBe(allowance + 15)
      expect(alerts).toEqual([{ account: 'key_taker', bytes: allowance, limit: allowance, cut: true }])
    }
  })

  test('are right however often a server is killed', async () => {
    const where = await place()
    const bounds = { written: 0, counting: 0 }
    for (let kill = 0; kill < 3; kill++) {
      const writer = spawn(process.execPath, [script, where.home, where.url], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const closed = once(writer, 'close')
      const own = { written: 0, counting: 0 }
      let writes = 0
      createInterface({ input: writer.stdout }).on('line', (line) => {
        const [what, bytes] = line.split(' ') as ['counting' | 'written', string]
        own[what] = Number(bytes)
        if (what === 'written' && ++writes === 5 + kill * 7) writer.kill('SIGKILL')
      })
      await closed
      // What a killed server had sent may be written after it is gone.
      bounds.written += own.written
      bounds.counting += own.counting
      const { egress, ledger } = sharedEgress(await storeOf(where))
      await ledger.exchange()
      expect(egress.total).toBeGreaterThanOrEqual(bounds.written)
      expect(egress.total).toBeLessThanOrEqual(bounds.counting)
      expect(bounds.written).toBeGreaterThan(0)
    }
  })

  test('do not grow when nobody knows whether they were written, and wait while they cannot be', async () => {
    const store = await storeOf(await place())
    let trouble: 'none' | 'before' | 'after' = 'none'
    const shaky: EgressStore = {
      async add(batch) {
        if (trouble === 'before') throw new Error('the database is away')
        await store.add(batch)
        if (trouble === 'after') throw new Error('the connection was lost')
      },
      changed: (after, limit) => store.changed(after, limit),
    }
    const { egress, ledger, troubles } = sharedEgress(shaky)
    for (const next of ['before', 'after', 'after', 'none', 'before', 'none'] as const) {
      trouble = next
      egress.count('key_1', 100)
      await ledger.exchange()
    }
    expect(egress.total).toBe(600)
    // Once for each time that it began.
    expect(troubles).toHaveLength(2)
    await ledger.exchange()
    const other = sharedEgress(store)
    await other.ledger.exchange()
    expect([egress.total, other.egress.total]).toEqual([600, 600])
  })

  test('are forgotten after the window, and others hear of what comes then', async () => {
    const store = await storeOf(await place())
    let now = 500_000 * hour
    const clock = { now: () => now }
    const [one, other] = [sharedEgress(store, { clock }), sharedEgress(store, { clock })]
    one.egress.count('key_1', allowance)
    await one.ledger.exchange()
    await other.ledger.exchange()
    expect(other.egress.isCut('key_1')).toBe(true)
    now += 24 * hour
    expect(other.egress.isCut('key_1')).toBe(false)
    one.egress.count('key_2', 7)
    await one.ledger.exchange()
    await other.ledger.exchange()
    expect([one.egress.total, other.egress.total]).toEqual([7, 7])
    const all = await store.changed({ change: 0, account: null, hour: 0 }, 10)
    expect(all.map(({ account, bytes }) => [account, bytes])).toEqual([
      [null, 7],
      ['key_2', 7],
    ])
  })

  test('of more keys than are read at once are all read', async () => {
    const store = await storeOf(await place())
    const [one, other] = [sharedEgress(store), sharedEgress(store)]
    for (let key = 0; key < 10_100; key++) one.egress.count(`key_${key}`, 1)
    one.egress.count('key_9', allowance)
    await one.ledger.exchange()
    await other.ledger.exchange()
    expect(other.egress.total).toBe(10_100 + allowance)
    expect([other.egress.isCut('key_9'), other.egress.isCut('key_10')]).toEqual([true, false])
  })
})
