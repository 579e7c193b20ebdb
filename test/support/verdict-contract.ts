import { describe, expect, test } from 'vitest'
import type { EntryId, KeyId, OrganisationId, RequestId } from '../../src/core/ids.ts'
import type { KeptVerdict } from '../../src/guard/verdicts/store.ts'
import type { Storage } from '../../src/storage/storage.ts'

export function keptVerdict(at: number, harm: number | null = 0.5): KeptVerdict {
  return {
    id: `vrd_${at}`,
    at,
    requestId: `req_${at}` as RequestId,
    entryId: `ent_${at}` as EntryId,
    organisationId: 'org_home' as OrganisationId,
    keyId: 'key_1' as KeyId,
    model: 'fake:1b',
    direction: 'input',
    outcome: 'allow',
    action: 'flag',
    hazards: ['S2', 'cyber'],
    scores: harm === null ? null : { harm, attack: 0.25, hazards: { S2: harm } },
    layer: 'judge',
    policy: 'standard@1',
    fingerprint: null,
  }
}

export function verdictContract(database: string, opened: () => Promise<Pick<Storage, 'verdicts'>>): void {
  describe(`verdicts on ${database}`, () => {
    test('come back as they were, newest first, and are forgotten', async () => {
      const { verdicts } = await opened()
      const kept = Array.from({ length: 1200 }, (_, at) => keptVerdict(at, at % 2 === 0 ? 0.5 : null))
      await verdicts.add(kept)
      expect(await verdicts.latest({ since: 1190, limit: 5 })).toEqual(kept.slice(1195).toReversed())
      expect(await verdicts.counts({ since: 1190, organisation: null })).toEqual([
        {
          day: 0,
          direction: 'input',
          outcome: 'allow',
          action: 'flag',
          hazards: ['S2', 'cyber'],
          layer: 'judge',
          count: 10,
        },
      ])
      const theirs = 'org_theirs' as OrganisationId
      await verdicts.add([{ ...keptVerdict(86_400_000), organisationId: theirs }])
      expect(await verdicts.counts({ since: 0, organisation: theirs })).toMatchObject([{ day: 1, count: 1 }])
      await verdicts.prune({ before: 100, most: 50 })
      const left = await verdicts.latest({ since: 0, limit: 10_000 })
      expect(left).toHaveLength(50)
      expect(left.at(-1)?.at).toBe(1151)
    })
  })
}
