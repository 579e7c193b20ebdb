/** Whoever is kept out and comes back under another name is shown to a reviewer, and nothing more unless configured. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Identity } from '../src/core/principal.ts'
import { parseTarget } from '../src/standing/target.ts'
import { openStorage, type StoragePlace } from '../src/storage/storage.ts'
import { apiServer } from './support/api-server.ts'
import { elpis, freshHome, serveElpis } from './support/elpis.ts'
import { fakeEngine } from './support/fake-engine.ts'
import { postgresForTests } from './support/postgres.ts'
import { day, keyPrincipal, standingOn } from './support/standing.ts'

const postgres = await postgresForTests()
const databases = [
  { database: 'SQLite', skip: false, place: async (home: string): Promise<StoragePlace> => ({ home }) },
  {
    database: 'Postgres',
    skip: postgres === null,
    place: async (home: string): Promise<StoragePlace> => ({
      home,
      storage: { url: (await postgres?.freshDatabase()) ?? '' },
    }),
  },
]

const emails: Readonly<Record<string, string>> = {
  person_mallory: 'mallory@example.org',
  person_max: 'Mallory+again@Example.org',
}

function somebody(name: string, changes: Partial<Identity> = {}) {
  return keyPrincipal(`key_${name}`, name, { personId: `person_${name}` as never, ...changes })
}

const mallory = somebody('mallory', { device: 'laptop', network: '192.0.2.7' })
const [their, max] = [parseTarget('person:person_mallory'), parseTarget('person:person_max')]

async function given(place: StoragePlace, changes: Parameters<typeof standingOn>[0] = {}) {
  const storage = await openStorage(place)
  onTestFinished(() => storage.close())
  const on = await standingOn(changes, { storage, emailOf: (person) => emails[person] ?? null })
  const meet = async (who: typeof mallory) => (await on.standing.clear(who)).release()
  const bar = () => on.standing.act({ target: their, rung: 'banned', reason: 'spam', lasts: null }, 'owner')
  return { ...on, meet, bar, [Symbol.asyncDispose]: () => on[Symbol.asyncDispose]() }
}

function home(): string {
  const path = mkdtempSync(join(tmpdir(), 'elpis-evasion-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe.each(databases)('likenesses on $database', ({ skip, place }) => {
  test.skipIf(skip)('to somebody who is barred go to a reviewer once, and nobody is acted on', async () => {
    await using on = await given(await place(home()))
    const { standing, time, meet, bar, signal } = on
    await meet(mallory)
    await signal(mallory, { severity: 0.1, fingerprint: '00ff00ff00ff00ff' })
    await standing.mark(their, 'payment', 'card 4711')
    await bar()
    // The same network alone is a neighbour; what is the organisation's server's is no end user's.
    await meet(somebody('neighbour', { network: '192.0.2.7' }))
    await meet(somebody('app', { network: '192.0.2.7', endUser: 'user_alice' as never }))
    await meet(somebody('max', { device: 'laptop', network: '198.51.100.1' }))
    await signal(somebody('max'), { severity: 0.1, fingerprint: '00ff00ff00ff00ff' })
    await standing.mark(max, 'payment', 'card 4711')
    time.now += 60_000
    await standing.sweep()
    await standing.sweep()
    const reviews = await standing.reviews({ kind: 'step', waiting: true })
    expect(reviews).toMatchObject([{ target: max, proposed: 'suspended' }])
    const { steps } = await standing.caseFile(reviews[0]?.caseId ?? ('' as never), null)
    expect(steps).toMatchObject([
      { kind: 'noticed', by: 'evasion', detail: { like: 'person:person_mallory' } },
    ])
    expect(await standing.measures({ target: max })).toEqual([])
    expect((await standing.clear(somebody('max'))).level).toBe('good')
    const [link, ...others] = await standing.links(max)
    expect(others).toEqual([])
    expect(link).toMatchObject({ target: their, rung: 'banned' })
    expect(new Set(link?.shares.map(({ kind }) => kind))).toEqual(
      new Set(['email', 'device', 'payment', 'prompt']),
    )
    expect(link?.shares.every(({ sharedBy }) => sharedBy === 2)).toBe(true)
    const links = await standing.links(their)
    expect(links.map(({ target: { value } }) => value)).toEqual(['person_max', 'person_neighbour'])
  })

  test.skipIf(skip)('are acted on where the policy says so, and forgotten after 90 days', async () => {
    await using on = await given(await place(home()), { evasion: 'restricted', evasion_kinds: 1 })
    const { standing, time, meet, bar } = on
    await meet(mallory)
    await bar()
    await meet(somebody('neighbour', { network: '192.0.2.7' }))
    await standing.settled()
    time.now += 60_000
    await standing.sweep()
    const target = parseTarget('person:person_neighbour')
    expect(await standing.measures({ target })).toMatchObject([{ rung: 'restricted', by: 'evasion' }])
    time.now += 92 * day
    await standing.sweep()
    expect(await standing.links(target)).toEqual([])
  })
})

test('reviewers see likenesses by API, whoever is concerned does not; by the command line as well', async () => {
  await using at = freshHome()
  await using server = await apiServer(fakeEngine(), { home: at.path })
  const { directory } = server.access
  const keyOf = async (name: string) => {
    const { id } = await directory.addPerson({ name, email: null, role: 'member' })
    return { target: `person:${id}`, key: (await server.access.createKey(name, { person: id })).key }
  }
  const [one, other] = [await keyOf('mallory'), await keyOf('max')]
  const reviewer = (await server.access.createKey('rob', { role: 'reviewer' })).key
  const question = { model: 'fake:1b', messages: [{ role: 'user', content: 'Hello.' }] }
  const ask = async (key: string) => {
    const headers = { authorization: `Bearer ${key}`, 'x-elpis-device': 'laptop-of-mallory' }
    return (await server.post('/v1/chat/completions', question, { headers })).status
  }
  const admin = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${reviewer}` }
    const answer = await (body === undefined
      ? server.fetch(path, { headers })
      : server.post(path, body, { headers }))
    return { status: answer.status, text: await answer.text() }
  }
  expect(await ask(one.key)).toBe(200)
  for (const { target } of [one, other]) {
    const wish = { target, kind: 'payment', value: 'card 4711' }
    expect((await admin('/v1/admin/standing/mark', wish)).status).toBe(200)
  }
  const step = { target: one.target, rung: 'suspended', reason: 'spam' }
  expect((await admin('/v1/admin/standing', step)).status).toBe(200)
  expect(await ask(one.key)).toBe(403)
  expect(await ask(other.key)).toBe(200)
  await server.standing.sweep()
  expect(await ask(other.key)).toBe(200)
  const found = (await server.standing.cases({})).find(({ target }) => other.target.endsWith(target.value))
  const shown = await admin(`/v1/admin/cases/${found?.id ?? ''}`)
  expect(JSON.parse(shown.text)).toMatchObject({
    target: other.target,
    links: [{ target: one.target, rung: 'suspended' }],
  })
  for (const kind of ['payment', 'device', 'network'])
    expect(shown.text).toContain(`"kind":"${kind}","shared_by":2`)
  const own = await server.fetch(`/v1/safety/cases/${found?.id ?? ''}`, {
    headers: { authorization: `Bearer ${other.key}` },
  })
  expect(own.status).toBe(200)
  const text = await own.text()
  for (const secret of [one.target, 'payment', 'device', 'laptop']) expect(text).not.toContain(secret)
  const { stdout } = await elpis(at, ['cases', 'show', found?.id ?? ''])
  expect(stdout).toMatch(/LIKE +NAME +SHARES/u)
  expect(stdout).toContain(one.target)
  const { stdout: marked } = await elpis(at, ['standing', 'mark', other.target, '--email', 'max@example.org'])
  expect(marked).toBe(`Noted of ${other.target}: email.\n`)
  expect((await elpis(at, ['standing', 'mark', other.target])).code).toBe(2)
}, 120_000)

test('a browser keeps its device, whoever signs in there', async () => {
  await using at = freshHome()
  await using server = await serveElpis(at, [], { environment: { ELPIS_MODELS_SERVE: '' } })
  const token = new URL(server.signInLink).hash.slice(1)
  const enter = (cookie: string) =>
    fetch(`${server.url}/web/session`, {
      method: 'POST',
      headers: { origin: server.url, 'content-type': 'application/json', cookie },
      body: JSON.stringify({ token }),
    })
  const first = await enter('')
  const cookies = first.headers.getSetCookie()
  expect(cookies.map((text) => text.split('=', 1)[0])).toEqual(['elpis_session', 'elpis_device'])
  expect(cookies[1]).toMatch(/HttpOnly; SameSite=Strict/u)
}, 60_000)
