import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { noActs } from '../src/core/acts.ts'
import { EventFeed } from '../src/monitoring/event-feed.ts'
import { Registry } from '../src/monitoring/registry.ts'
import { watchedActs } from '../src/server/watched-acts.ts'
import { parseTarget } from '../src/standing/target.ts'
import { openStorage } from '../src/storage/storage.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'
import { day, keyPrincipal, standingOn } from './support/standing.ts'

const question = { model: 'fake:1b', messages: [{ role: 'user', content: 'Say much.' }] }

async function asked(server: ApiServer, key: string, method: string, path: string, body?: unknown) {
  const answer = await server.fetch(path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

test('an appeal, end to end over HTTP: banned, read, appealed, decided by another, restored', async () => {
  await using server = await apiServer(fakeEngine())
  const mallory = await server.access.createKey('Mallory')
  const alice = await server.access.createKey('Alice')
  const annie = await server.access.createKey('Annie', { role: 'admin' })
  const rob = await server.access.createKey('Rob', { role: 'reviewer' })
  const ask = (key: string, method: string, path: string, body?: unknown) =>
    asked(server, key, method, path, body)

  // A member may not, a reviewer may not bar, an admin may.
  const wish = { target: `key:${mallory.id}`, reason: 'sold on a forum' }
  expect((await ask(alice.key, 'POST', '/v1/admin/bans', wish)).status).toBe(403)
  expect((await ask(rob.key, 'POST', '/v1/admin/bans', wish)).status).toBe(403)
  const ban = await ask(annie.key, 'POST', '/v1/admin/bans', wish)
  expect(ban).toMatchObject({ status: 200, body: { rung: 'banned', by: annie.id } })
  const caseId = ban.body['case'] as string

  // Who is barred reads why, with the barred key, and nobody else can.
  const refused = await ask(mallory.key, 'POST', '/v1/chat/completions', question)
  expect(refused).toMatchObject({
    status: 403,
    body: { error: { code: 'banned', notice: { case: caseId } } },
  })
  const own = await ask(mallory.key, 'GET', `/v1/safety/cases/${caseId}`)
  expect(own).toMatchObject({
    status: 200,
    body: {
      id: caseId,
      state: 'open',
      measures: [{ what: 'banned', why: 'sold on a forum', by: 'a person', until: null, in_force: true }],
    },
  })
  expect(JSON.stringify(own.body)).not.toContain(annie.id)
  expect((await ask(alice.key, 'GET', `/v1/safety/cases/${caseId}`)).status).toBe(404)
  expect((await ask(alice.key, 'POST', `/v1/safety/cases/${caseId}/appeal`, { statement: 'x' })).status).toBe(
    404,
  )
  expect(await ask(mallory.key, 'GET', '/v1/safety/cases')).toMatchObject({
    body: { cases: [{ id: caseId }] },
  })

  // The appeal, once.
  const statement = { statement: 'That was my brother; the key is changed.' }
  expect((await ask(mallory.key, 'POST', `/v1/safety/cases/${caseId}/appeal`, statement)).status).toBe(200)
  expect(await ask(mallory.key, 'POST', `/v1/safety/cases/${caseId}/appeal`, statement)).toMatchObject({
    status: 409,
    body: { error: { code: 'appeal_waiting' } },
  })

  expect((await ask(mallory.key, 'GET', `/v1/safety/cases/${caseId}`)).body).toMatchObject({
    appeals: [{ ...statement, decided: null }],
    appeal: null,
  })

  // Whoever acted is not given it, and is told that it waits for others; somebody else is.
  expect(await ask(annie.key, 'POST', '/v1/admin/review/next', {})).toMatchObject({
    body: { review: null, waiting: 1 },
  })
  const next = await ask(rob.key, 'POST', '/v1/admin/review/next', {})
  expect(next).toMatchObject({
    body: { review: { kind: 'appeal', case: caseId, ...statement, actions: ['upheld', 'reversed'] } },
  })
  const { id } = next.body['review'] as { id: string }
  const decision = { review: id, outcome: 'reversed', reason: 'It was his brother.' }
  expect((await ask(annie.key, 'POST', '/v1/admin/review/decide', decision)).status).toBe(409)
  expect((await ask(rob.key, 'POST', '/v1/admin/review/decide', decision)).status).toBe(200)
  expect((await ask(rob.key, 'POST', '/v1/admin/review/decide', decision)).status).toBe(409)

  // As if it had not been.
  expect((await ask(mallory.key, 'POST', '/v1/chat/completions', question)).status).toBe(200)
  expect(await ask(mallory.key, 'GET', `/v1/safety/cases/${caseId}`)).toMatchObject({
    body: {
      state: 'closed',
      measures: [{ in_force: false, ended: { why: 'It was his brother.' } }],
      appeals: [{ ...statement, decided: { outcome: 'reversed', why: 'It was his brother.' } }],
      appeal: null,
    },
  })
  const file = await ask(annie.key, 'GET', `/v1/admin/cases/${caseId}`)
  expect((file.body['steps'] as { kind: string }[]).map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['measure', 'appealed', 'appeal-decided', 'lifted']),
  )
})

test('an appeal that is upheld is told with its reason, and somebody may appeal again', async () => {
  await using given = await standingOn()
  const mallory = keyPrincipal('key_mallory', 'Mallory')
  const target = parseTarget('key:key_mallory')
  const { caseId } = await given.standing.act(
    { target, rung: 'banned', reason: 'sold it', lasts: null },
    'owner',
  )
  await given.standing.appeal(caseId, mallory, 'I did not.')
  const review = await given.standing.claimReview('person_rob')
  await given.standing.decideReview(review?.id ?? '', 'upheld', 'person_rob', 'It was seen.')
  const file = await given.standing.caseFile(caseId, mallory)
  expect(file.appeals).toMatchObject([{ decided: { outcome: 'upheld', reason: 'It was seen.' } }])
  expect(file.measures).toMatchObject([{ rung: 'banned', lifted: null }])
  await given.standing.appeal(caseId, mallory, 'I still did not.')
  expect((await given.standing.caseFile(caseId, mallory)).appeals).toHaveLength(2)
})

test('monitoring is told of what was lifted and taken, and of no lifting where all stays as it was', async () => {
  const registry = new Registry()
  const feed = new EventFeed(() => 0)
  await using given = await standingOn({}, { acts: watchedActs(noActs, { registry, feed }) })
  const { standing, time } = given
  const mallory = keyPrincipal('key_mallory', 'Mallory')
  const target = parseTarget('key:key_mallory')
  const told = () => {
    const found = registry.read().find(({ name }) => name === 'elpis_standing_acts_total')
    return Object.fromEntries((found?.series ?? []).map(({ labels, value }) => [labels['act'], value]))
  }
  const suspended = { target, rung: 'suspended', reason: 'sold it', lasts: day } as const
  const decided = async (outcome: 'upheld' | 'reversed' | 'taken' | 'dismissed') => {
    const review = await standing.claimReview('person_rob')
    await standing.decideReview(review?.id ?? '', outcome, 'person_rob', 'It was seen.')
  }
  const { caseId } = await standing.act(suspended, 'owner')
  await standing.appeal(caseId, mallory, 'I did not.')
  await decided('upheld')
  expect(told()).toEqual({ suspended: 1, 'appeal-opened': 1, 'appeal-decided': 1 })

  await standing.appeal(caseId, mallory, 'I still did not.')
  // It ends by itself while somebody thinks about it.
  time.now += 2 * day
  await standing.sweep()
  await decided('reversed')
  expect(told()).not.toHaveProperty('lifted')

  const again = await standing.act(suspended, 'owner')
  await standing.appeal(again.caseId, mallory, 'It was my brother.')
  await decided('reversed')
  expect(told()).toMatchObject({ lifted: 1, 'appeal-decided': 3 })

  for (const outcome of ['dismissed', 'taken'] as const) {
    time.now += day
    await given.signal(mallory, { hazard: 'S6', attributable: false, forReview: true })
    await decided(outcome)
  }
  expect(told()).toMatchObject({ lifted: 1, warned: 1 })
})

test('nobody decides about themselves: neither their own appeal nor a step against them', async () => {
  await using server = await apiServer(fakeEngine())
  const { standing, access } = server
  const rita = await access.directory.addPerson({ name: 'Rita', email: null, role: 'reviewer' })
  const ritas = await access.createKey('ritas', { person: rita.id, role: 'reviewer' })
  const ask = (path: string, body: unknown) => asked(server, ritas.key, 'POST', path, body)
  for (const text of [`person:${rita.id}`, `key:${ritas.id}`, 'org:org_home']) {
    const step = { target: parseTarget(text), rung: 'warned', reason: 'noisy', lasts: null } as const
    const { caseId } = await standing.act(step, 'owner')
    expect((await ask(`/v1/safety/cases/${caseId}/appeal`, { statement: 'I am not.' })).status).toBe(200)
  }
  expect((await ask('/v1/admin/review/next', {})).body).toEqual({ review: null, waiting: 3 })
  expect((await standing.claimReview('person_rob'))?.kind).toBe('appeal')
})

test('nobody lifts what is against themselves or a key of theirs', async () => {
  await using server = await apiServer(fakeEngine())
  const { standing, access } = server
  const ada = await access.directory.addPerson({ name: 'Ada', email: null, role: 'admin' })
  const [one, two] = [
    await access.createKey('one', { person: ada.id, role: 'admin' }),
    await access.createKey('two', { person: ada.id, role: 'admin' }),
  ]
  const other = await access.createKey('other', { role: 'admin' })
  for (const text of [`person:${ada.id}`, `key:${one.id}`]) {
    const step = { target: parseTarget(text), rung: 'warned', reason: 'noisy', lasts: null } as const
    await standing.act(step, 'owner')
    const lifting = { target: text, reason: 'I was not.' }
    expect(await asked(server, two.key, 'POST', '/v1/admin/standing/lift', lifting)).toMatchObject({
      status: 403,
      body: { error: { code: 'standing_own' } },
    })
    expect((await asked(server, other.key, 'POST', '/v1/admin/standing/lift', lifting)).status).toBe(200)
  }
})

test('a server that dies as it decides has decided and done, not the one without the other', async () => {
  const storage = await openStorage({ home: mkdtempSync(join(tmpdir(), 'elpis-appeals-')) })
  onTestFinished(() => storage.close())
  const dying = new Proxy(storage, {
    get: (whole, name) =>
      name !== 'reviews'
        ? (whole[name as never] as unknown)
        : new Proxy(whole.reviews, {
            get: (reviews, method) =>
              method !== 'decide'
                ? (reviews[method as never] as unknown)
                : async (...deciding: Parameters<typeof reviews.decide>) => {
                    await reviews.decide(...deciding)
                    throw new Error('killed')
                  },
          }),
  })
  await using given = await standingOn({}, { storage, store: dying })
  const mallory = keyPrincipal('key_mallory', 'Mallory')
  const target = parseTarget('key:key_mallory')
  await given.standing.strike(target, { source: 'reviewer', hazard: 'S2', severity: 1, note: null })
  const { caseId } = await given.standing.act(
    { target, rung: 'banned', reason: 'a mistake', lasts: null },
    'owner',
  )
  await given.standing.appeal(caseId, mallory, 'It was not me.')
  const review = await given.standing.claimReview('person_rob')
  const deciding = given.standing.decideReview(review?.id ?? '', 'reversed', 'person_rob', 'It was not.')
  await expect(deciding).rejects.toThrow('killed')

  await using later = await standingOn({}, { storage })
  later.time.now = given.time.now + 1000
  expect((await later.standing.clear(mallory)).level).toBe('good')
  expect(await later.standing.explain(target)).toMatchObject({ score: 0, measures: [] })
})

describe('a reversed appeal', () => {
  test('takes back the strikes too: the next one does not find the old score', async () => {
    await using given = await standingOn()
    const mallory = keyPrincipal('key_mallory', 'Mallory')
    await given.signal(mallory, { hazard: 'S4' })
    const [open] = await given.standing.casesOf(mallory)
    await given.standing.appeal(open?.id ?? ('' as never), mallory, 'I asked how to report it.')
    // The ladder's own question to a person waits as well, after it in time or before.
    const decided: string[] = []
    for (;;) {
      const review = await given.standing.claimReview('person_rob')
      if (review === null) break
      decided.push(review.kind)
      const outcome = review.kind === 'appeal' ? 'reversed' : 'dismissed'
      await given.standing.decideReview(review.id, outcome, 'person_rob', 'They asked how to report it.')
    }
    expect(decided.toSorted((one, other) => (one < other ? -1 : 1))).toEqual(['appeal', 'step'])
    expect(await given.standing.explain(parseTarget('key:key_mallory'))).toMatchObject({
      score: 0,
      measures: [],
    })
    expect((await given.standing.clear(mallory)).level).toBe('good')
  })
})

describe('the review queue', () => {
  test('gives no review to two, however many ask at once; what is skipped goes to others', async () => {
    await using given = await standingOn()
    for (let each = 0; each < 10; each++) {
      await given.signal(keyPrincipal(`key_${each}`, 'x'), { hazard: 'S9' })
    }
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, each) => given.standing.claimReview(`person_${each}`)),
    )
    const given_ = claims.flatMap((review) => (review === null ? [] : [review.id]))
    expect(given_).toHaveLength(10)
    expect(new Set(given_).size).toBe(10)
    const mine = claims.find((review) => review !== null)
    const holder = mine?.claim?.by ?? ''
    // Asking again gives the same one back; skipping lets it go, and not back to whoever skipped it.
    expect((await given.standing.claimReview(holder))?.id).toBe(mine?.id)
    await given.standing.skipReview(mine?.id ?? '', holder, 'I know them.')
    expect(await given.standing.claimReview(holder)).toBeNull()
    expect((await given.standing.claimReview('person_new'))?.id).toBe(mine?.id)
    await expect(
      given.standing.decideReview(mine?.id ?? '', 'dismissed', holder, 'Not mine any more.'),
    ).rejects.toMatchObject({ code: 'review_not_yours' })
  })

  test('frees what was held too long', async () => {
    await using given = await standingOn()
    await given.signal(keyPrincipal('key_1', 'x'), { hazard: 'S9' })
    const first = await given.standing.claimReview('person_1')
    expect(await given.standing.claimReview('person_2')).toBeNull()
    given.time.now += 15 * 60_000
    expect((await given.standing.claimReview('person_2'))?.id).toBe(first?.id)
  })

  test('a step that is taken bars', async () => {
    await using given = await standingOn()
    const mallory = keyPrincipal('key_mallory', 'Mallory')
    for (let strike = 0; strike < 10; strike++) await given.signal(mallory)
    const review = await given.standing.claimReview('person_rob')
    expect(review).toMatchObject({ kind: 'step', proposed: 'banned' })
    await given.standing.decideReview(review?.id ?? '', 'taken', 'person_rob', 'Ten times in a row.')
    await expect(given.standing.clear(mallory)).rejects.toMatchObject({ code: 'banned' })
  })
})
