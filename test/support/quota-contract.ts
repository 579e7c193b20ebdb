/** What quotas must do on every database. Called once for each. */
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { QuotaLedger } from '../../src/access/quotas/ledger.ts'
import { windowOf, type Claim, type Meter, type Quota } from '../../src/access/quotas/quota.ts'
import type { QuotaStore } from '../../src/access/quotas/store.ts'

type Openable = { readonly quotas: QuotaStore; close(): Promise<void> }

const noon = 1_800_000_000_000
let counters = 0

function claimOn(amount: number, limit: number, meter: Meter = 'requests', now = noon): Claim {
  return { ...claimsOn([limit], meter, now)[0], amount } as Claim
}

function claimsOn(limits: readonly number[], meter: Meter = 'requests', now = noon): Claim[] {
  return limits.map((limit) => {
    const id = `quota_${++counters}`
    const period = meter === 'streams' ? null : 'minute'
    const quota = { id, subject: 'server', meter, period, amount: limit } as Quota
    return { quota, counter: id, amount: 1, ...windowOf(period, now) }
  })
}

/** @param place several connections to one database, as several servers have */
export function quotaContract(database: string, place: () => Promise<() => Promise<Openable>>): void {
  describe(`quotas on ${database}`, () => {
    async function servers(count: number) {
      const open = await place()
      let now = noon
      const all = []
      for (let index = 0; index < count; index++) {
        const storage = await open()
        const ledger = new QuotaLedger(storage.quotas, { now: () => now })
        onTestFinished(async () => {
          await ledger.close().catch(() => {})
          await storage.close()
        })
        all.push({ ledger, quotas: storage.quotas })
      }
      return { all, pass: (milliseconds: number) => void (now += milliseconds) }
    }

    test('of 1,000 at once, over two servers, none is let past the limit, and the limit is reached', async () => {
      const { all } = await servers(2)
      const claim = claimOn(1, 300)
      const answers = await Promise.all(
        Array.from({ length: 1000 }, async (_, index) => await all[index % 2]?.ledger.reserve([claim])),
      )
      const let_in = answers.filter((answer) => answer?.refused === null).length
      expect(let_in).toBeLessThanOrEqual(300)
      // What one server holds and does not need is missing at the other for some seconds.
      expect(let_in).toBeGreaterThan(200)
      const [used] = (await all[0]?.quotas.used([claim])) ?? []
      expect(used).toBeLessThanOrEqual(300)
    })

    test('on one server the limit is exact', async () => {
      const { all } = await servers(1)
      const claim = claimOn(1, 137)
      const answers = await Promise.all(
        Array.from({ length: 1000 }, async () => await all[0]?.ledger.reserve([claim])),
      )
      expect(answers.filter((answer) => answer?.refused === null)).toHaveLength(137)
    })

    test('whatever is reserved, settled and released in whatever order, no limit is ever passed', async () => {
      const { all } = await servers(2)
      const step = fc.record({
        server: fc.nat(1),
        amounts: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 90 })),
        spent: fc.double({ min: 0, max: 1, noNaN: true }),
        end: fc.constantFrom('settle', 'release', 'both'),
        wait: fc.nat(3),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
          const claims = claimsOn([500, 900], 'output_tokens')
          const spent = [0, 0]
          await Promise.all(
            steps.map(async ({ server, amounts, spent: part, end, wait }) => {
              const wanted = claims.map((claim, index) => ({ ...claim, amount: amounts[index] ?? 1 }))
              const answer = await all[server]?.ledger.reserve(wanted)
              if (answer === undefined || answer.refused !== null) return
              for (let turn = 0; turn < wait; turn++) await Promise.resolve()
              const used = wanted.map(({ amount }) => Math.floor(amount * part))
              if (end !== 'release') {
                answer.reservation.settle(used)
                for (const [index, amount] of used.entries()) spent[index] = (spent[index] ?? 0) + amount
              }
              answer.reservation.release()
            }),
          )
          for (const [index, claim] of claims.entries()) {
            expect(spent[index]).toBeLessThanOrEqual(claim.quota.amount)
            const [used] = (await all[0]?.quotas.used([claim])) ?? []
            expect(used).toBeLessThanOrEqual(claim.quota.amount)
          }
        }),
        { numRuns: 15 },
      )
    })

    test('what was spent is known once it was told, and what was not comes back', async () => {
      const { all } = await servers(2)
      const [one, other] = all
      const claim = claimOn(100, 1000, 'output_tokens')
      const answer = await one?.ledger.reserve([claim])
      if (answer === undefined || answer.refused !== null) throw new Error('It was refused.')
      answer.reservation.settle([30])
      answer.reservation.release()
      await one?.ledger.close()
      expect(await other?.quotas.used([claim])).toEqual([30])
    })

    test('more than was reserved is counted all the same', async () => {
      const { all } = await servers(1)
      const claim = claimOn(1000, 1000, 'output_tokens')
      const answer = await all[0]?.ledger.reserve([claim])
      if (answer === undefined || answer.refused !== null) throw new Error('It was refused.')
      answer.reservation.settle([1200])
      answer.reservation.release()
      await all[0]?.ledger.close()
      expect(await all[0]?.quotas.used([claim])).toEqual([1200])
    })

    test('streams are given back when they end, not when they are settled', async () => {
      const { all } = await servers(1)
      const claim = claimOn(1, 2, 'streams')
      const open = async () => await all[0]?.ledger.reserve([claim])
      const [first, second] = [await open(), await open()]
      if (first?.refused !== null || second?.refused !== null) throw new Error('It was refused.')
      first.reservation.settle([1])
      expect((await open())?.refused).toBe(claim)
      first.reservation.release()
      first.reservation.release()
      expect((await open())?.refused).toBeNull()
      expect((await open())?.refused).toBe(claim)
    })

    test('what a server that was killed had reserved comes back after a minute', async () => {
      const { all, pass } = await servers(2)
      const [gone, other] = all
      const claim = claimOn(1, 10, 'streams')
      for (let count = 0; count < 10; count++) await gone?.ledger.reserve([claim])
      expect((await other?.ledger.reserve([claim]))?.refused).toBe(claim)
      pass(59_000)
      expect((await other?.ledger.reserve([claim]))?.refused).toBe(claim)
      pass(1001)
      expect((await other?.ledger.reserve([claim]))?.refused).toBeNull()
    })

    test('a lease that has ended is never spent from, and what is settled late counts', async () => {
      const { all, pass } = await servers(2)
      const [slow, other] = all
      const claim = claimOn(5, 80, 'output_tokens')
      const early = await slow?.ledger.reserve([claim])
      if (early === undefined || early.refused !== null) throw new Error('It was refused.')
      pass(61_000)
      // The other one takes all of it, what the slow one had as well.
      for (let count = 0; count < 16; count++)
        expect((await other?.ledger.reserve([claim]))?.refused).toBeNull()
      expect((await slow?.ledger.reserve([claim]))?.refused).toBe(claim)
      early.reservation.settle([5])
      await slow?.ledger.close()
      expect(await other?.quotas.used([claim])).toEqual([85])
    })

    test('a new period begins with nothing used', async () => {
      const { all } = await servers(1)
      const claim = claimOn(1, 1)
      expect((await all[0]?.ledger.reserve([claim]))?.refused).toBeNull()
      expect((await all[0]?.ledger.reserve([claim]))?.refused).toBe(claim)
      const next = { ...claim, ...windowOf('minute', noon + 60_000) }
      expect((await all[0]?.ledger.reserve([next]))?.refused).toBeNull()
    })

    test('all of several quotas are reserved, or none', async () => {
      const { all } = await servers(1)
      const [wide, tight] = claimsOn([100, 1])
      if (wide === undefined || tight === undefined) throw new Error('There are none.')
      const both = [wide, tight]
      expect((await all[0]?.ledger.reserve(both))?.refused).toBeNull()
      for (let count = 0; count < 10; count++)
        expect((await all[0]?.ledger.reserve(both))?.refused).toBe(tight)
      await all[0]?.ledger.close()
      expect(await all[0]?.quotas.used(both)).toEqual([1, 1])
    })
  })
}
