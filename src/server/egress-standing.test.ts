import { expect, test } from 'vitest'
import { homeOrganisation, type Principal } from '../core/principal.ts'
import { Egress } from '../monitoring/egress.ts'
import type { Standing } from '../standing/standing.ts'
import { egressStanding } from './egress-standing.ts'

const principal = {
  kind: 'key',
  keyId: 'key_1',
  name: 'one',
  organisationId: homeOrganisation,
  personId: null,
  role: 'member',
  endUser: null,
  network: null,
} as unknown as Principal

test('an answer is cut in its middle once too much of it has left, and nothing more is let in', async () => {
  const egress = new Egress({
    clock: { now: () => 1_800_000_000_000 },
    policy: 'cut-key',
    weightsFrom: 1,
    fraction: 0.5,
    fractionAll: 1,
    windowHours: 1,
    onAlert: () => {},
  })
  egress.watch([1000])
  let released = 0
  const never = new AbortController().signal
  const clear = async () => ({ level: 'good', barred: never, release: () => void released++ }) as const
  const standing = egressStanding({ clear } as unknown as Standing, egress)
  const cleared = await standing.clear(principal)
  egress.progress('req_1' as never, 'key_1', 499)
  expect(cleared.barred.aborted).toBe(false)
  egress.progress('req_1' as never, 'key_1', 1)
  await expect.poll(() => cleared.barred.aborted, { timeout: 3000 }).toBe(true)
  expect(cleared.barred.reason).toMatchObject({ code: 'egress_cut' })
  cleared.release()
  expect(released).toBe(1)
  await expect(standing.clear(principal)).rejects.toMatchObject({ code: 'egress_cut' })
  // What was counted on its way is not counted again at its end.
  egress.finish('req_1' as never, 'key_1', 600)
  expect(egress.total).toBe(600)
})
