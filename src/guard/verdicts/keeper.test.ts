import { expect, test } from 'vitest'
import type { EntryId, OrganisationId, RequestId } from '../../core/ids.ts'
import type { JudgedRecord } from '../stage/guard-stage.ts'
import { VerdictKeeper } from './keeper.ts'
import type { KeptVerdict } from './store.ts'

const record = {
  at: 0,
  requestId: 'req_1' as RequestId,
  entryId: 'ent_1' as EntryId,
  principal: { organisationId: 'org_1' as OrganisationId, keyId: null },
  model: 'm',
  verdict: {
    direction: 'input',
    outcome: 'allow',
    action: 'allow',
    hazards: [],
    scores: null,
    layer: 'screen',
    policy: 'p',
  },
  fingerprint: null,
} as unknown as JudgedRecord

test('a store that is slow does not make it hold more: what is under way, and 5,000 that wait', async () => {
  const { keeper, written, letGo } = slowKeeper()
  const flushes = []
  for (let second = 0; second < 6; second++) {
    for (let index = 0; index < 5000; index++) keeper.keep(record)
    flushes.push(keeper.flush(0))
    // The first is under way.
    await Promise.resolve()
  }
  letGo()
  await Promise.all(flushes)
  expect(written).toHaveLength(10_000)
})

test('what waited while the store was slow is written, also when nobody asks for it', async () => {
  const { keeper, written, letGo } = slowKeeper()
  keeper.keep(record)
  const first = keeper.flush(0)
  await Promise.resolve()
  keeper.keep(record)
  letGo()
  await first
  expect(written).toHaveLength(1)
  await expect.poll(() => written.length, { timeout: 30_000 }).toBe(2)
})

/** Over a store that writes nothing until it is let go. */
function slowKeeper() {
  const written: KeptVerdict[] = []
  const { promise: going, resolve: letGo } = Promise.withResolvers<void>()
  const store = {
    add: async (verdicts: readonly KeptVerdict[]) => {
      await going
      written.push(...verdicts)
    },
    latest: () => Promise.resolve([]),
    counts: () => Promise.resolve([]),
    prune: () => Promise.resolve(),
  }
  const keeper = new VerdictKeeper(store, (error) => {
    throw error
  })
  return { keeper, written, letGo }
}
