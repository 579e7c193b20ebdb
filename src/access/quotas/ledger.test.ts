import { expect, test } from 'vitest'
import { elpisError } from '../../errors.ts'
import { QuotaLedger } from './ledger.ts'
import type { Claim } from './quota.ts'
import type { QuotaStore } from './store.ts'

const claim: Claim = {
  counter: 'key:k',
  start: 0,
  resetsAt: Number.MAX_SAFE_INTEGER,
  amount: 10,
  quota: {
    id: 'q',
    subject: 'key:*',
    organisationId: null,
    model: null,
    meter: 'output_tokens',
    period: 'day',
    amount: 1000,
    createdAt: 0,
  },
}

test('a clean-up that fails charges nothing twice', async () => {
  const charged: number[] = []
  const store: QuotaStore = {
    list: async () => [],
    set: async () => {},
    remove: async () => false,
    take: async (_holder, takings) => takings.map(({ want }) => ({ granted: want, remaining: 0 })),
    async settle(_holder, settlings) {
      charged.push(...settlings.map(({ spent, over }) => spent + over).filter((amount) => amount > 0))
      return settlings.map(() => true)
    },
    used: async () => [],
    prune: () => Promise.reject(elpisError('storage_busy', { file: 'elpis.db' })),
  }
  const ledger = new QuotaLedger(store, { now: () => Date.now() })
  const reserved = await ledger.reserve([claim])
  if (reserved.refused === null) {
    reserved.reservation.settle([10])
    reserved.reservation.release()
  }
  await expect.poll(() => charged, { timeout: 10_000 }).toEqual([10])
  await ledger.close()
  expect(charged).toEqual([10])
})
