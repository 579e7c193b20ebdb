import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { homeOrganisation } from '../src/core/principal.ts'
import { openStorage } from '../src/storage/storage.ts'
import { askUsage } from '../src/usage/question.ts'
import { measures, nothing, sumOf, type Measures } from '../src/usage/record.ts'
import type { UsageQuestion } from '../src/usage/store.ts'
import { createUsage } from '../src/usage/usage.ts'
import { postgresForTests } from './support/postgres.ts'
import { keyPrincipal } from './support/principals.ts'
import { usageRecord } from './support/usage-records.ts'
import { prepareDatabase } from './support/prepared-home.ts'

const day = 86_400_000
const now = 1_789_999_980_000
const retention = { records: 3_600_000, minutes: 2 * day, hours: 31 * day, days: 400 * day }
const everything = { since: 0, until: 10 * now, where: {}, groupBy: [], interval: null, limit: 10 } as const

const postgres = await postgresForTests()
const databases = ['SQLite', ...(postgres === null ? [] : ['Postgres'])]

async function freshStore(database = 'SQLite') {
  const home = mkdtempSync(join(tmpdir(), 'elpis-usage-'))
  if (database === 'SQLite') prepareDatabase(home)
  const url = database === 'Postgres' ? ((await postgres?.freshDatabase()) ?? '') : ''
  const storage = await openStorage({ home, storage: { url } })
  onTestFinished(async () => {
    await storage.close()
    rmSync(home, { recursive: true, force: true })
  })
  return { home, url, usage: storage.usage }
}

const sum = (rows: readonly Measures[]) => rows.reduce(sumOf, nothing)
const measured = (row: Measures | undefined) =>
  Object.fromEntries(measures.map((measure) => [measure, row?.[measure] ?? 0]))

describe.each(databases)('usage on %s', (database) => {
  test('adds up to the same, however old it is, however often it is written and rolled up', async () => {
    const { usage } = await freshStore(database)
    let number = 0
    const ages = fc.array(fc.integer({ min: 0, max: 900 * day }), { minLength: 1, maxLength: 12 })
    const expected: Measures[] = []
    await fc.assert(
      fc.asyncProperty(ages, fc.boolean(), fc.boolean(), async (older, again, rolled) => {
        for (const age of older) {
          const record = usageRecord(number++, { at: now - age })
          await usage.settle(record)
          if (again) await usage.settle({ ...record, outputTokens: 99_999 })
          expected.push(record)
        }
        if (rolled) while (await usage.rollUp(now, retention));
        const [total] = await usage.ask(everything)
        expect(measured(total)).toEqual(measured(sum(expected)))
        for (const groupBy of [['key'], ['model'], ['key', 'model']] as const) {
          const question: UsageQuestion = { ...everything, groupBy, interval: day, limit: 100_000 }
          expect(measured(sum(await usage.ask(question)))).toEqual(measured(sum(expected)))
        }
      }),
      { numRuns: 25 },
    )
    while (await usage.rollUp(now, retention));
    const months = await askUsage(usage, { ...everything, where: {}, groupBy: [], interval: 'month' })
    expect(measured(months.total)).toEqual(measured(sum(expected)))
    for (const { start } of months.rows)
      expect(new Date(start ?? 0).toISOString()).toMatch(/-01T00:00:00.000Z$/)
  })

  test('is found by who and when, and by nothing else', async () => {
    const { usage } = await freshStore(database)
    for (let number = 0; number < 60; number++)
      await usage.settle(usageRecord(number, { at: now + number * 60_000 }))
    await usage.rollUp(now, retention)
    const one = await usage.ask({ ...everything, where: { key: 'key_2', model: 'model-1' } })
    expect(one[0]?.requests).toBe(
      Array.from({ length: 60 }, (_, n) => n).filter((n) => n % 5 === 2 && n % 3 === 1).length,
    )
    const late = await usage.ask({ ...everything, since: now + 30 * 60_000 })
    expect(late[0]?.requests).toBe(30)
    expect(await usage.ask({ ...everything, where: { key: "key_2' or 1=1 --" } })).toEqual([])
    expect(await usage.ask({ ...everything, where: { organisation: 'org_other' } })).toEqual([])
    expect(await usage.ask({ ...everything, groupBy: ['key'], limit: 2 })).toHaveLength(3)
  })

  test('survives kill -9 at random moments: what was acknowledged is there, and there once', async () => {
    const { home, url, usage } = await freshStore(database)
    const acknowledged = new Set<number>()
    for (let round = 0; round < 4; round++) {
      const writer = fileURLToPath(new URL('support/usage-writer.ts', import.meta.url))
      const child = spawn(process.execPath, [writer, home, String(round * 1_000_000), url], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const lines = createInterface({ input: child.stdout })
      const closed = new Promise((resolve) => child.once('close', resolve))
      let seen = 0
      const enough = 60 + Math.floor(Math.random() * 200)
      lines.on('line', (line) => {
        acknowledged.add(Number(line))
        if (++seen === enough) child.kill('SIGKILL')
      })
      await closed
      const before = (await usage.ask(everything))[0]?.requests ?? 0
      expect(before).toBeGreaterThanOrEqual(acknowledged.size)
      // At most those that were under way were written without an acknowledgement.
      expect(before).toBeLessThanOrEqual(acknowledged.size + (round + 1) * 8)
    }
    const [before] = await usage.ask(everything)
    while (await usage.rollUp(now, { ...retention, records: 0 }));
    const [after] = await usage.ask(everything)
    expect(after).toEqual(before)
    const rows = await usage.ask({ ...everything, groupBy: ['key', 'model'], limit: 1000 })
    expect(measured(sum(rows))).toEqual(measured(before))
  })
})

describe('the meter', () => {
  async function metered(options: { endUsers?: number; watts?: number } = {}) {
    const { usage: store } = await freshStore()
    let elapsed = 0
    const usage = createUsage({
      store,
      clock: { now: () => now },
      elapsed: () => elapsed,
      prices: [{ model: '*', input: 1, output: 3 }],
      watts: options.watts ?? 100,
      endUsers: options.endUsers ?? 10,
      retention,
      served: (name) => (name === 'm+a' ? { model: 'm', adapter: 'a' } : null),
      onTrouble: (error) => {
        throw error
      },
    })
    onTestFinished(() => usage.close())
    return { usage, pass: (milliseconds: number) => void (elapsed += milliseconds) }
  }
  const tokens = { promptTokens: 10, cachedTokens: 4, outputTokens: 5, reasoningTokens: 2 }

  test('counts as blocked what was refused, and not what passed without being judged', async () => {
    const { usage } = await metered()
    const verdict = { direction: 'input', hazards: [], scores: null, layer: 'judge', policy: 'p@1' } as const
    for (const [key, outcome, action] of [
      ['key_1', 'unavailable', 'allow'],
      ['key_2', 'unavailable', 'block'],
      ['key_3', 'block', 'block'],
      ['key_4', 'allow', 'flag'],
    ] as const) {
      const meter = usage.open('m+a', keyPrincipal(key, 'x'), `ent_${key}` as never)
      meter.judged({ ...verdict, outcome, action })
      await meter.close({ type: 'finished', usage: tokens })
    }
    const rows = await usage.ask({ ...everything, groupBy: ['key'] })
    const blocked = new Map(rows.map(({ group, blocked }) => [group.key, blocked]))
    expect(['key_1', 'key_2', 'key_3', 'key_4'].map((key) => blocked.get(key))).toEqual([0, 1, 1, 0])
  })

  test('settles tokens, times, energy and cost, once', async () => {
    const { usage, pass } = await metered()
    const first = usage.open('m+a', keyPrincipal('key_1', 'one'), 'ent_1' as never)
    pass(40)
    first.released({ type: 'start', promptTokens: 10, cachedTokens: 4 })
    first.released({ type: 'text-delta', choice: 0, text: 'x', tokens: 1, logprobs: null })
    const second = usage.open('nobody-serves-this', keyPrincipal('key_2', 'two'), 'ent_2' as never)
    pass(20)
    await first.close({ type: 'finished', usage: tokens })
    pass(10)
    await second.close({ type: 'failed', usage: null })
    const rows = await usage.ask({ ...everything, groupBy: ['key', 'model', 'adapter'] })
    expect(rows).toMatchObject([
      {
        group: { key: 'key_1', model: 'm', adapter: 'a' },
        requests: 1,
        failed: 0,
        inputTokens: 10,
        cachedTokens: 4,
        outputTokens: 5,
        reasoningTokens: 2,
        firstTokens: 1,
        firstTokenMs: 40,
        durationMs: 60,
        energyMj: 5000,
        costNano: 10_000 + 15_000,
      },
      {
        group: { key: 'key_2', model: 'unknown', adapter: null },
        requests: 1,
        failed: 1,
        durationMs: 30,
        energyMj: 2000,
        costNano: 0,
      },
    ])
  })

  test('does not let a caller make a row with every request', async () => {
    const { usage } = await metered({ endUsers: 3 })
    for (let number = 0; number < 50; number++) {
      const principal = keyPrincipal('key_1', 'one', { endUser: `user-${number}` as never })
      await usage
        .open(`model-${number}`, principal, `ent_${number}` as never)
        .close({ type: 'finished', usage: tokens })
    }
    const rows = await usage.ask({ ...everything, groupBy: ['end_user', 'model'], limit: 100 })
    expect(rows).toHaveLength(4)
    expect(sum(rows).requests).toBe(50)
    expect(homeOrganisation).toBe('org_home')
  })
})
