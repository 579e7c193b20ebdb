import { describe, expect, test } from 'vitest'
import type { Proposal } from '../../src/standing/proposal.ts'
import type { Shutdown } from '../../src/standing/shutdown.ts'
import type { Storage } from '../../src/storage/storage.ts'

const unlogged = { consent: null, lifted: null }

type Opened = () => Promise<Pick<Storage, 'shutdowns' | 'proposals'>>

export function shutdownContract(database: string, opened: Opened): void {
  const first: Shutdown = {
    id: 'shut_one',
    reason: "a leak; drop table shutdowns -- '",
    by: 'owner',
    at: 1,
    people: 2,
    consents: [],
    liftedAt: null,
  }
  const asked: Proposal = {
    id: 'prop_one',
    kind: 'shutdown',
    subject: 'all',
    reason: 'a leak',
    by: 'person_ann',
    at: 10,
    until: 20,
    confirmed: null,
  }

  describe(`shutdowns on ${database}`, () => {
    test('one is in force at a time, and is lifted by as many different people as it says', async () => {
      const { shutdowns } = await opened()
      expect(await shutdowns.current()).toBeNull()
      const begun = await Promise.all([
        shutdowns.begin(first, null),
        shutdowns.begin({ ...first, id: 'shut_two', people: 1 }, null),
      ])
      expect(begun).toEqual([first, first])
      const says = (by: string) => shutdowns.consent(first.id, { by, at: 5, reason: 'mended' }, unlogged)
      expect(await shutdowns.consent('shut_two', { by: 'owner', at: 5, reason: 'x' }, unlogged)).toBeNull()
      const [ann, again] = await Promise.all([says('person_ann'), says('person_ann')])
      expect(ann).toMatchObject({ liftedAt: null, consents: [{ by: 'person_ann', at: 5 }] })
      expect(again).toEqual(ann)
      expect(await shutdowns.current()).toEqual(ann)
      expect(await says('person_bob')).toMatchObject({ liftedAt: 5 })
      expect(await shutdowns.current()).toBeNull()
      expect(await says('person_cy')).toBeNull()
    })

    test('a proposal is confirmed once, by another, in time', async () => {
      const { proposals } = await opened()
      await proposals.add(asked, null)
      await proposals.add({ ...asked, id: 'prop_old', until: 11 }, null)
      expect(await proposals.find('prop_one')).toEqual(asked)
      expect(await proposals.find('prop_none')).toBeNull()
      expect(await proposals.waiting(15, 10)).toEqual([asked])
      expect(await proposals.confirm('prop_one', 'person_ann', 15, null)).toBeNull()
      expect(await proposals.confirm('prop_old', 'person_bob', 15, null)).toBeNull()
      const tries = await Promise.all(
        ['person_bob', 'person_cy'].map((by) => proposals.confirm('prop_one', by, 15, null)),
      )
      expect(tries).toEqual([{ ...asked, confirmed: { by: 'person_bob', at: 15 } }, null])
      expect(await proposals.waiting(15, 10)).toEqual([])
    })
  })
}
