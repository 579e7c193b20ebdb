import { describe, expect, test } from 'vitest'
import { cellEnd } from '../core/packed-rows.ts'
import { homeOrganisation, type Identity, type Principal } from '../core/principal.ts'
import type { Measure } from './measure.ts'
import { packedMeasureColumns, type PackedMeasure } from './packed-measure.ts'
import { Register } from './register.ts'
import { parseTarget, targetText } from './target.ts'

let now = 1_000_000
const register = () => new Register(() => now)

function measure(target: string, changes: Partial<Measure> = {}): Measure {
  return {
    id: `msr_${target}` as Measure['id'],
    target: parseTarget(target),
    rung: 'banned',
    reason: 'for a test',
    by: 'owner',
    caseId: 'case_1' as Measure['caseId'],
    createdAt: now,
    until: null,
    lifted: null,
    revision: 1,
    ...changes,
  }
}

function somebody(changes: Partial<Identity> & { keyId?: string } = {}): Principal {
  const { keyId = 'key_1', ...identity } = changes
  return {
    organisationId: homeOrganisation,
    personId: 'person_1' as never,
    role: 'member',
    endUser: 'hash1' as never,
    network: '203.0.113.9',
    ...identity,
    kind: 'key',
    keyId: keyId as never,
    name: 'test',
  }
}

describe('who a measure is against', () => {
  test.each([
    'key:key_1',
    'person:person_1',
    'org:org_home',
    'user:hash1',
    'net:203.0.113.9',
    'net:203.0.113.0/24',
    'domain:mail.example.org',
    'domain:example.org',
  ])('%s holds', (target) => {
    const all = register()
    all.apply(measure(target))
    expect(all.against(somebody(), 'mail.example.org')?.id).toBe(`msr_${target}`)
  })

  test.each(['key:key_2', 'user:hash2', 'net:203.0.114.0/24', 'domain:le.org', 'domain:other.example.org'])(
    '%s does not',
    (target) => {
      const all = register()
      all.apply(measure(target))
      expect(all.against(somebody(), 'mail.example.org')).toBeNull()
    },
  )

  test('of several the strictest counts, and it ends by itself', () => {
    const all = register()
    all.apply(measure('key:key_1', { rung: 'warned' }))
    all.apply(measure('person:person_1', { rung: 'suspended', until: now + 1000 }))
    expect(all.against(somebody(), null)?.rung).toBe('suspended')
    now += 1000
    expect(all.against(somebody(), null)?.rung).toBe('warned')
    expect(all.size).toBe(2)
    all.forgetLapsed()
    expect(all.size).toBe(1)
  })

  test('two on one target stand beside each other', () => {
    const all = register()
    const ban = measure('key:key_1', { id: 'msr_ban' as never })
    all.apply(ban)
    all.apply(measure('key:key_1', { id: 'msr_warning' as never, rung: 'warned' }))
    all.apply({ ...ban, lifted: { at: now, by: 'owner', reason: 'a mistake' } })
    expect(all.against(somebody(), null)?.id).toBe('msr_warning')
  })
})

/** As the store hands it over. */
function packed({ target, until, lifted, caseId, createdAt, ...rest }: Measure): PackedMeasure {
  const cells: Record<string, string | number | null | undefined> = {
    ...rest,
    target: targetText(target),
    until,
    lifted_at: lifted?.at,
    lifted_by: lifted?.by,
    lift_reason: lifted?.reason,
    case_id: caseId,
    created_at: createdAt,
  }
  return packedMeasureColumns.map((column) => cells[column] ?? '').join(cellEnd) as PackedMeasure
}

describe('a measure as the store hands it over', () => {
  test.each([
    measure('key:key_1'),
    measure('net:203.0.113.0/24'),
    measure('key:key_1', { until: 5_000_000 }),
  ])('holds whom it is against, and is ended and forgotten as any other', (given) => {
    const all = register()
    all.take(packed(given))
    expect(all.against(somebody(), null)).toEqual(given)
    expect(all.of(given.target)).toEqual([given])
    all.forgetLapsed()
    expect(all.size).toBe(1)
    all.take(packed({ ...given, lifted: { at: now, by: 'owner', reason: 'a mistake' }, revision: 2 }))
    expect(all.against(somebody(), null)).toBeNull()
    expect(all.size).toBe(0)
  })

  test('stands beside another on the same target', () => {
    const all = register()
    all.take(packed(measure('key:key_1', { rung: 'warned' })))
    all.take(packed(measure('key:key_1', { id: 'msr_ban' as never })))
    expect(all.against(somebody(), null)?.id).toBe('msr_ban')
    expect(all.size).toBe(2)
  })

  test('ends what runs of whoever it bars', () => {
    const all = register()
    const { ended } = all.enter(somebody(), null)
    all.take(packed(measure('key:key_1')))
    expect(ended.reason).toMatchObject({ code: 'banned' })
  })
})

describe('what runs', () => {
  test('of whoever is barred ends at once, with the case; of others it goes on', () => {
    const all = register()
    const mallory = all.enter(somebody(), null)
    const alice = all.enter(somebody({ keyId: 'key_2' }), null)
    all.apply(measure('key:key_1', { until: now + 60_000 }))
    expect(mallory.ended.reason).toMatchObject({
      code: 'banned',
      notice: { case: 'case_1', reason: 'for a test', appeal: '/v1/safety/cases/case_1/appeal' },
    })
    expect(alice.ended.aborted).toBe(false)
    all.apply(measure('net:203.0.113.0/24', { rung: 'suspended' }))
    expect(alice.ended.reason).toMatchObject({ code: 'suspended' })
  })

  test('goes on when somebody is only warned or restricted', () => {
    const all = register()
    const { ended } = all.enter(somebody(), null)
    all.apply(measure('key:key_1', { rung: 'restricted' }))
    expect(ended.aborted).toBe(false)
  })
})
