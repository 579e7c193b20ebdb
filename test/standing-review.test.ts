/** What a policy of the guard leaves to a person: a case and a review, bounded, and no strike. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseTarget } from '../src/standing/target.ts'
import { openStorage } from '../src/storage/storage.ts'
import { createKey, elpis, freshHome } from './support/elpis.ts'
import { fakeEngine, finish, start, text, usage } from './support/fake-engine.ts'
import { postgresForTests } from './support/postgres.ts'
import { prepareDatabase } from './support/prepared-home.ts'
import { day, keyPrincipal, standingOn } from './support/standing.ts'
import { testGuard } from './support/test-guard.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

const policy = `name = "watched"
summary = "Two words of questions and one of answers are looked at by people."
judge = false
${[
  ['S6', 'input', 'dosage'],
  ['S5', 'input', 'rumour'],
  ['S12', 'output', 'velvet'],
]
  .map(
    ([hazard, direction, word]) =>
      `[[rules]]\nkind = "keywords"\nname = "${word}"\nwords = ["${word}"]\nhazard = "${hazard}"\n${direction} = "review"\n`,
  )
  .join('')}`

test('a policy that says "review" leads through the pipeline to one case, at the desk of a reviewer, and to no strike', async () => {
  await using home = freshHome()
  prepareDatabase(home.path)
  mkdirSync(join(home.path, 'policies'))
  writeFileSync(join(home.path, 'policies', 'watched.toml'), policy)
  const server = await startWholeServer(wholeConfig(home.path, { ELPIS_GUARD_POLICY: 'watched' }), {
    openEngine: () =>
      fakeEngine({
        async *answer() {
          yield start(3)
          yield text('Velvet.')
          yield finish('stop')
          yield usage(3, 1)
        },
      }),
  })
  onTestFinished(() => server.close(AbortSignal.abort()))
  await server.ready
  const { id, key } = await createKey(home, 'Mallory')
  const ask = async (content: string, stream: boolean) => {
    const answer = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fake:1b', stream, messages: [{ role: 'user', content }] }),
    })
    await answer.text()
    expect(answer.status).toBe(200)
  }
  for (const stream of [false, true, false, true]) await ask('What is the dosage?', stream)
  await ask('Is the rumour true?', false)

  const of = async (...words: string[]) => {
    const { code, stdout, stderr } = await elpis(home, words)
    expect([code, stderr]).toEqual([0, ''])
    return JSON.parse(stdout) as Record<string, never>
  }
  type Steps = { kind: string; by: string; detail: Record<string, string> }[]
  type Reviews = { case: string; target: string }[]
  const waiting = async () => (await of('review', 'list', '--json'))['reviews'] as unknown as Reviews
  await expect.poll(waiting, { timeout: 60_000 }).toHaveLength(1)
  const [first] = await waiting()
  expect(first).toMatchObject({ kind: 'step', target: `key:${id}`, name: 'Mallory', proposed: 'warned' })
  const steps = async () =>
    (await of('cases', 'show', first?.case ?? '', '--json'))['steps'] as unknown as Steps
  await expect.poll(steps, { timeout: 60_000 }).toHaveLength(3)
  const told = (await steps()).map(({ kind, by, detail }) => [
    kind,
    by,
    detail['hazard'],
    detail['direction'],
  ])
  expect(told).toEqual(
    expect.arrayContaining([
      ['noticed', 'guard', 'S6', 'input'],
      ['noticed', 'guard', 'S5', 'input'],
      ['noticed', 'guard', 'S12', 'output'],
    ]),
  )
  // The entry is how a reviewer comes to what was said, by their role.
  expect((await steps())[0]?.detail['entry']).toMatch(/^ent_/)
  expect(await of('standing', 'show', `key:${id}`, '--json')).toMatchObject({
    score: 0,
    strikes: [],
    measures: [],
  })

  const taken = await of('review', 'next', '--json')
  const { id: review } = taken['review'] as unknown as { id: string }
  expect(taken['review']).toMatchObject({ actions: ['taken', 'dismissed'], case: first?.case })
  const reason = ['--reason', 'a nurse', '--json']
  expect(await of('review', 'decide', review, 'dismissed', ...reason)).toMatchObject({
    decided: { outcome: 'dismissed' },
  })
  await ask('What is the dosage?', false)
  expect(await of('cases', 'close', first?.case ?? '', ...reason)).toMatchObject({ state: 'closed' })
  expect(await waiting()).toEqual([])
})

test('a rule that asks for a person does so also where nothing can be scored and that lets pass', async () => {
  const rule = `[[rules]]\nkind = "keywords"\nname = "word"\nwords = ["dosage"]\nhazard = "S6"\ninput = "review"\n`
  const guard = testGuard({ policy: `name = "test"\nsummary = "x"\nunavailable = "allow"\n${rule}` })
  const input = { kind: 'text', text: 'What is the dosage?' } as const
  const verdict = await guard.judgeInput({
    asking: { id: 'req_1' as never, model: 'm', kind: 'tokenize', work: { input }, request: null },
    principal: mallory,
    level: 'good',
    entryId: 'ent_1' as never,
    signal: new AbortController().signal,
  })
  expect(verdict).toMatchObject({ outcome: 'unavailable', action: 'review' })
  expect(guard.signals).toMatchObject([{ hazard: 'S6', forReview: true, attributable: false }])
})

const mallory = keyPrincipal('key_mallory', 'Mallory')
const target = parseTarget('key:key_mallory')
const postgres = await postgresForTests()

describe.each([
  ['SQLite', null],
  ['Postgres', postgres],
] as const)('on %s', (name, place) => {
  const skip = name === 'Postgres' && place === null
  const asks = { hazard: 'S6', severity: 0.6, attributable: false, forReview: true } as const

  async function storageHere() {
    const home = mkdtempSync(join(tmpdir(), 'elpis-review-'))
    if (place === null) prepareDatabase(home)
    const storage = await openStorage(
      place === null ? { home } : { home, storage: { url: await place.freshDatabase() } },
    )
    onTestFinished(async () => {
      await storage.close()
      rmSync(home, { recursive: true, force: true })
    })
    return storage
  }

  test.skipIf(skip)('once a hazard and day on all replicas, and again on the next', async () => {
    const storage = await storageHere()
    await using one = await standingOn({}, { storage })
    await using other = await standingOn({}, { storage })
    await Promise.all([one, other, one, other].map(({ signal }) => signal(mallory, asks)))
    const waiting = async () => await one.standing.reviews({ waiting: true })
    const stepsOf = async () => {
      const [open] = await one.standing.cases({ target })
      return (await one.standing.caseFile(open?.id ?? ('' as never), null)).steps
    }
    expect(await waiting()).toMatchObject([{ kind: 'step', target, proposed: 'warned' }])
    expect(await stepsOf()).toHaveLength(1)

    const review = await one.standing.claimReview('person_rob')
    await one.standing.decideReview(review?.id ?? '', 'dismissed', 'person_rob', 'a nurse')
    await other.signal(mallory, asks)
    expect(await waiting()).toEqual([])
    one.time.now += day
    await one.signal(mallory, asks)
    expect(await waiting()).toHaveLength(1)
    expect((await stepsOf()).filter(({ kind }) => kind === 'noticed')).toHaveLength(2)
    expect(await one.standing.explain(target)).toMatchObject({ score: 0, strikes: [], measures: [] })
  })

  test.skipIf(skip)(
    'a server that dies between the case and the review leaves the review to the next',
    async () => {
      const storage = await storageHere()
      // Everything of the first server stops where it would have asked for the review.
      const reviews = new Proxy(storage.reviews, {
        get: (store, name) => (name === 'add' ? () => new Promise(() => {}) : Reflect.get(store, name)),
      })
      const dying = new Proxy(storage, {
        get: (store, name) => (name === 'reviews' ? reviews : Reflect.get(store, name)),
      })
      const first = await standingOn({}, { storage: dying })
      void first.signal(mallory, asks)
      await expect.poll(() => first.standing.cases({ target })).toHaveLength(1)
      expect(await first.standing.reviews({ waiting: true })).toEqual([])
      await using second = await standingOn({}, { storage })
      expect(await second.standing.reviews({ waiting: true })).toHaveLength(1)
    },
  )

  test.skipIf(skip)('what asks for more is not lost behind what asks for less', async () => {
    const storage = await storageHere()
    await using given = await standingOn({ up_to: 'nothing' }, { storage })
    const { standing, signal } = given
    const asked = async () => (await standing.reviews({ waiting: true })).map(({ proposed }) => proposed)
    await signal(mallory, asks)
    expect(await asked()).toEqual(['warned'])
    // Nobody holds it: it asks for more.
    await signal(mallory, { hazard: 'S4' })
    expect(await asked()).toEqual(['suspended'])
    await signal(mallory, { ...asks, hazard: 'S5' })
    expect(await asked()).toEqual(['suspended'])

    // Somebody holds one: it stays as they saw it, and another waits.
    const alice = keyPrincipal('key_alice', 'Alice')
    given.time.now += 1000
    await signal(alice, asks)
    const own = await standing.claimReview('person_rob')
    await standing.decideReview(own?.id ?? '', 'dismissed', 'person_rob', 'a test')
    const held = await standing.claimReview('person_rob')
    expect(held).toMatchObject({ target: { value: 'key_alice' }, proposed: 'warned' })
    given.time.now += 1000
    await signal(alice, { hazard: 'S4' })
    expect(await standing.review(held?.id ?? '')).toMatchObject({ proposed: 'warned' })
    expect(await asked()).toEqual(['warned', 'suspended'])
  })
})
