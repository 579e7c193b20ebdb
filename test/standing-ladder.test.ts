import { describe, expect, test } from 'vitest'
import { parseTarget } from '../src/standing/target.ts'
import { day, keyPrincipal, standingOn } from './support/standing.ts'

const mallory = keyPrincipal('key_mallory', 'Mallory', { personId: 'person_mallory' as never })
const target = parseTarget('person:person_mallory')

describe('the ladder', () => {
  test('warns, restricts, suspends, and leaves the ban to a person', async () => {
    await using given = await standingOn()
    const { standing } = given
    const level = async () => {
      const cleared = await standing.clear(mallory)
      cleared.release()
      return cleared.level
    }
    expect(await level()).toBe('good')
    await given.signal(mallory)
    expect(await level()).toBe('warned')
    await given.signal(mallory)
    expect(await level()).toBe('warned')
    await given.signal(mallory)
    expect(await level()).toBe('restricted')
    const running = await standing.clear(mallory)
    await given.signal(mallory)
    await given.signal(mallory)
    expect(running.barred.reason).toMatchObject({ code: 'suspended' })
    await expect(standing.clear(mallory)).rejects.toMatchObject({
      code: 'suspended',
      notice: { reason: expect.stringContaining('Non-violent crimes. 5 strikes, 50.0 points.') },
    })
    for (let strike = 0; strike < 10; strike++) await given.signal(mallory)
    const { score, measures, cases } = await standing.explain(target)
    expect(score).toBe(150)
    expect(measures.map(({ rung, by }) => [rung, by])).toEqual(
      expect.arrayContaining([
        ['warned', 'ladder'],
        ['restricted', 'ladder'],
        ['suspended', 'ladder'],
      ]),
    )
    // All of it is one case, which says what it rests on.
    expect(cases).toHaveLength(1)
    const { steps } = await standing.caseFile(cases[0]?.id ?? ('' as never), mallory)
    expect(steps.find(({ kind }) => kind === 'evidence')?.detail).toMatchObject({
      hazard: 'S2',
      points: 10,
    })
  })

  test('bars by itself where the operator wants it so', async () => {
    await using given = await standingOn({ up_to: 'banned' })
    for (let strike = 0; strike < 10; strike++) await given.signal(mallory)
    await expect(given.standing.clear(mallory)).rejects.toMatchObject({ code: 'banned' })
  })

  test('does nothing by itself where the operator wants that', async () => {
    await using given = await standingOn({ up_to: 'nothing' })
    for (let strike = 0; strike < 10; strike++) await given.signal(mallory)
    expect((await given.standing.clear(mallory)).level).toBe('good')
  })

  test('one grave strike suspends', async () => {
    await using given = await standingOn()
    await given.signal(mallory, { hazard: 'S9', severity: 0.7 })
    expect((await given.standing.clear(mallory)).level).toBe('restricted')
    await given.signal(mallory, { hazard: 'S4', severity: 0.9 })
    await expect(given.standing.clear(mallory)).rejects.toMatchObject({ code: 'suspended' })
  })

  test('a strike decays by half each half-life, and is explained', async () => {
    await using given = await standingOn()
    await given.signal(mallory, { severity: 0.8 })
    given.time.now += 30 * day
    await given.signal(mallory, { hazard: 'attack', severity: 1 })
    const { score, strikes } = await given.standing.explain(target)
    expect(score).toBeCloseTo(4 + 5)
    expect(strikes.map(({ points, counts }) => [points, counts])).toEqual([
      [5, 5],
      [8, 4],
    ])
  })

  test('a suspension ends by itself at its hour, and is a closed case after the next sweep', async () => {
    await using given = await standingOn()
    await given.signal(mallory, { hazard: 'S4' })
    given.time.now += 7 * day - 1
    await expect(given.standing.clear(mallory)).rejects.toMatchObject({ code: 'suspended' })
    given.time.now += 1
    expect((await given.standing.clear(mallory)).level).toBe('good')
    await given.standing.sweep()
    const [closed] = await given.standing.cases({ target })
    expect(closed?.state).toBe('closed')
    const { measures } = await given.standing.caseFile(closed?.id ?? ('' as never), mallory)
    expect(measures[0]?.lifted).toMatchObject({ by: 'time' })
  })

  test('good conduct ends a restriction before its time; a strike meanwhile does not', async () => {
    await using given = await standingOn()
    for (let strike = 0; strike < 3; strike++) await given.signal(mallory)
    given.time.now += 2 * day
    await given.signal(mallory, { severity: 0.1 })
    given.time.now += 2 * day
    await given.standing.sweep()
    const first = await given.standing.clear(mallory)
    first.release()
    expect(first.level).toBe('restricted')
    given.time.now += 1 * day + 1
    await given.standing.sweep()
    expect((await given.standing.clear(mallory)).level).toBe('warned')
  })

  test('what is restricted has lower limits, in streams and by the minute', async () => {
    await using given = await standingOn({ restricted_streams: 2, restricted_per_minute: 3 })
    await given.standing.act({ target, rung: 'restricted', reason: 'for a test', lasts: day }, 'owner')
    const first = await given.standing.clear(mallory)
    const second = await given.standing.clear(mallory)
    await expect(given.standing.clear(mallory)).rejects.toMatchObject({
      code: 'restricted_limit',
      retryAfter: 5,
    })
    first.release()
    second.release()
    second.release()
    ;(await given.standing.clear(mallory)).release()
    await expect(given.standing.clear(mallory)).rejects.toMatchObject({
      code: 'restricted_limit',
      retryAfter: 60,
    })
    given.time.now += 60_000
    ;(await given.standing.clear(mallory)).release()
  })
})

describe('whom a strike is against', () => {
  test('what others wrote costs nobody anything: a poisoned document gets nobody barred', async () => {
    await using given = await standingOn({ up_to: 'banned' })
    for (let strike = 0; strike < 30; strike++) {
      await given.signal(mallory, { hazard: 'S4', severity: 1, attributable: false })
    }
    expect((await given.standing.clear(mallory)).level).toBe('good')
    expect(await given.standing.explain(target)).toMatchObject({ score: 0, strikes: [], measures: [] })
  })

  test('an end user answers alone: the organisation and its others go on', async () => {
    await using given = await standingOn()
    const asked = (endUser: string) => keyPrincipal('key_app', 'app', { endUser: endUser as never })
    await given.signal(asked('mallory'), { hazard: 'S9' })
    await expect(given.standing.clear(asked('mallory'))).rejects.toMatchObject({ code: 'suspended' })
    expect((await given.standing.clear(asked('alice'))).level).toBe('good')
    expect((await given.standing.clear(keyPrincipal('key_app', 'app'))).level).toBe('good')
  })

  test('the ladder never acts against a whole organisation', async () => {
    await using given = await standingOn({ up_to: 'banned' })
    const owner = { ...keyPrincipal('', ''), kind: 'session', sessionId: 's' as never, keyId: null } as const
    for (let strike = 0; strike < 20; strike++) await given.signal(owner, { hazard: 'S4' })
    expect((await given.standing.clear(owner)).level).toBe('good')
  })
})

test('strikes of one second are written together, and survive a restart', async () => {
  await using given = await standingOn()
  for (let strike = 0; strike < 4; strike++) {
    void given.signal(mallory, { severity: 0.5 })
  }
  await given.standing.settled()
  await using again = await standingOn({}, { storage: given.storage })
  expect((await again.standing.explain(target)).score).toBeCloseTo(20)
  expect((await again.standing.clear(mallory)).level).toBe('warned')
})
