/** What goes on by itself every minute gets in nobody's way: a ban takes hold in the middle of it, on every replica. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../src/core/clock.ts'
import { LiveRegister } from '../src/standing/live-register.ts'
import type { NewMeasure } from '../src/standing/store.ts'
import { parseTarget, targetText } from '../src/standing/target.ts'
import { openStorage, type Storage, type StoragePlace } from '../src/storage/storage.ts'
import { postgresForTests } from './support/postgres.ts'
import { day, keyPrincipal, standingOn } from './support/standing.ts'

const postgres = await postgresForTests()
const root = mkdtempSync(join(tmpdir(), 'elpis-sweep-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const databases = [
  {
    database: 'SQLite',
    skip: false,
    place: async (): Promise<StoragePlace> => ({ home: mkdtempSync(join(root, 'home-')) }),
  },
  {
    database: 'Postgres',
    skip: postgres === null,
    place: async (): Promise<StoragePlace> => ({
      home: '/nowhere',
      storage: { url: (await postgres?.freshDatabase()) ?? '' },
    }),
  },
]

const mallory = keyPrincipal('key_mallory', 'mallory')
const other = keyPrincipal('key_other', 'other')

describe.each(databases)('a sweep on $database', ({ skip, place }) => {
  test.skipIf(skip)(
    'goes in short steps, and bans of either replica take hold between two of them',
    async () => {
      const shared = await place()
      const storage = await opened(shared)
      await using there = await standingOn({}, { storage: await opened(shared) })
      const lapsed: number[] = []
      const ended: string[] = []
      // As a replica sees it: all that it does is asked of this.
      const measures: Storage['measures'] = named(storage.measures, {
        async lapse(now) {
          const step = await storage.measures.lapse(now)
          lapsed.push(step.length)
          if (lapsed.length === 2) await bansTakeHold()
          return step
        },
      })
      await using here = await standingOn({}, { storage: named(storage, { measures }) })
      const [theirs, ours] = [await here.standing.clear(mallory), await here.standing.clear(other)]
      async function bansTakeHold() {
        const ban = { rung: 'banned', reason: 'spam', lasts: null } as const
        await there.standing.act({ ...ban, target: parseTarget('key:key_mallory') }, 'owner')
        await here.standing.act({ ...ban, target: parseTarget('key:key_other') }, 'owner')
        for (const { barred } of [theirs, ours]) {
          if (!barred.aborted) await new Promise((done) => barred.addEventListener('abort', done))
          ended.push((barred.reason as { code: string }).code)
        }
        ended.push('in the sweep')
      }
      for (let one = 0; one < 17; one++) await storage.measures.insert(short(one, here.time.now), null)
      here.time.now += 2000
      await here.standing.sweep()
      expect(ended).toEqual(['banned', 'banned', 'in the sweep'])
      expect(lapsed).toEqual([5, 5, 5, 2, 0])
      expect((await here.standing.measures({})).map(({ target }) => targetText(target)).toSorted()).toEqual([
        'key:key_mallory',
        'key:key_other',
      ])
    },
  )

  test.skipIf(skip)('lifts what the ladder restricted for good conduct, however many', async () => {
    const storage = await opened(await place())
    const began = Date.parse('2026-06-01T00:00:00Z')
    for (let one = 0; one < 120; one++) {
      const measure = short(one, began)
      const byLadder = { ...measure, rung: 'restricted', until: null, by: 'ladder' } as const
      await storage.measures.insert(one % 3 === 0 ? { ...byLadder, by: 'owner' } : byLadder, null)
    }
    await using on = await standingOn({}, { storage })
    const { standing, time } = on
    time.now += 60 * day
    await standing.sweep()
    const left = await standing.measures({})
    expect(left).toHaveLength(40)
    expect(new Set(left.map(({ by }) => by))).toEqual(new Set(['owner']))
  })

  test.skipIf(skip)('forgets what is old, a little at a time', async () => {
    const storage = await opened(await place())
    const deleted: boolean[] = []
    const standingEvents: Storage['standingEvents'] = named(storage.standingEvents, {
      async prune(before) {
        const more = await storage.standingEvents.prune(before)
        deleted.push(more)
        return more
      },
    })
    await using on = await standingOn({}, { storage: named(storage, { standingEvents }) })
    const { standing, time, signal } = on
    for (let one = 0; one < 250; one++) standing.signal(strike(one, time.now))
    await signal(mallory)
    time.now += 500 * day
    await signal(mallory)
    await standing.sweep()
    expect(deleted).toEqual([true, true, false])
    const all = await storage.standingEvents.page({ at: 0, id: '' }, time.now + 1, 1000)
    expect(all.map(({ at }) => at)).toEqual([time.now])
  })
})

test('a page of what others did is taken in however much is changed here meanwhile, and undoes none of it', async () => {
  const storage = await opened({ home: mkdtempSync(join(root, 'home-')) })
  const { measures } = storage
  const asked: number[] = []
  const register = new LiveRegister(
    {
      watch: (listener) => storage.watch(listener),
      measures: named(measures, {
        async since(...page) {
          asked.push(page[0])
          const read = await measures.since(...page)
          // What was just read is old before it is taken in, every time.
          if (asked.length > 4) return read
          const [lifted] = await measures.lift(
            mine,
            null,
            { at: Date.now(), by: 'owner', reason: 'no' },
            null,
          )
          if (lifted !== undefined) register.apply(lifted)
          register.apply(await measures.insert(ban(`of_own_${asked.length}`), null))
          return read
        },
      }),
    },
    systemClock,
  )
  onTestFinished(() => register.close())
  const mine = parseTarget('key:mine')
  await measures.insert(ban('mine'), null)
  await measures.insert(ban('of_another'), null)
  await register.load()
  const stands = (id: string) => register.current.of(parseTarget(`key:${id}`)).length
  expect(asked).toEqual([0])
  expect([stands('of_another'), stands('of_own_1'), stands('mine')]).toEqual([1, 1, 0])
})

function ban(key: string): NewMeasure {
  return {
    ...short(0, 0),
    id: `msr_${key}` as never,
    target: parseTarget(`key:${key}`),
    until: null,
    newCase: `case_${key}` as never,
  }
}

async function opened(at: StoragePlace): Promise<Storage> {
  const storage = await openStorage(at)
  onTestFinished(() => storage.close())
  return storage
}

/** The same, but for what is given. */
function named<Whole extends object>(whole: Whole, changes: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get: (of, name) => Reflect.get(name in changes ? changes : of, name) as unknown,
  })
}

function short(one: number, now: number): NewMeasure {
  return {
    id: `msr_${one}` as never,
    target: parseTarget(`user:${'0'.repeat(20)}${one}`),
    rung: 'banned',
    reason: 'spam',
    by: 'owner',
    createdAt: now,
    until: now + 1000,
    newCase: `case_${one}` as never,
    evidence: [],
  }
}

function strike(one: number, at: number) {
  const { organisationId, personId, keyId, endUser, network } = keyPrincipal(`key_${one}`, `k${one}`)
  return {
    at,
    subject: { organisationId, personId, keyId, endUser, network },
    source: 'guard',
    direction: 'output',
    hazard: 'S2',
    severity: 0.5,
    attributable: false,
    requestId: null,
    entryId: null,
  } as const
}
