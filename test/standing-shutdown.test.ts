/** Everything stopped, everywhere, until enough people want it back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Role } from '../src/core/principal.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { createKey, elpis, freshHome, serveElpis } from './support/elpis.ts'
import { fakeEngine, hanging } from './support/fake-engine.ts'
import { keptActs } from './support/kept-acts.ts'
import { endedWithin, measureLoad, onThisMachine } from './support/machine-load.ts'
import { readingStream } from './support/reading-stream.ts'
import { keyPrincipal, standingOn } from './support/standing.ts'

const streams = 20

function sharedHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'elpis-shutdown-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** Somebody with a key, of the organisation that runs the server unless another is named. */
async function somebody(server: ApiServer, name: string, role: Role, organisation?: string) {
  const person = await server.access.directory.addPerson({
    name,
    email: `${name}@example.org`,
    role,
    ...(organisation === undefined ? {} : { organisation }),
  })
  const { key } = await server.access.createKey(name, { person: person.id, role })
  return { id: person.id, key }
}

async function call(server: ApiServer, key: string, method: string, path: string, body?: object) {
  const answer = await server.fetch(path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const because = { reason: 'the weights may be stolen' }
const shutDown = { status: 503, body: { error: { code: 'shut_down' } } }

describe('a full shutdown', () => {
  test('ends every stream on every replica within a second, and it takes two people to lift', async () => {
    const home = sharedHome()
    const { acts, kept } = keptActs()
    const changes = { home, acts, shutdown: { restartPeople: 2 } }
    await using here = await apiServer(fakeEngine({ answer: hanging('one ') }), changes)
    await using there = await apiServer(fakeEngine({ answer: hanging('one ') }), changes)
    const [ann, rob, member] = [
      await somebody(here, 'ann', 'admin'),
      await somebody(here, 'rob', 'reviewer'),
      await somebody(here, 'mia', 'member'),
    ]
    await expect.poll(async () => (await call(there, member.key, 'GET', '/v1/models')).status).toBe(200)
    const running = await Promise.all(
      Array.from({ length: streams * 2 }, (_, index) =>
        readingStream(index % 2 === 0 ? here : there, member.key),
      ),
    )
    for (const { key } of [rob, member]) {
      expect((await call(here, key, 'POST', '/v1/admin/shutdown', because)).status).toBe(403)
    }

    const load = await measureLoad(there, streams)
    const before = performance.now()
    const done = await call(here, ann.key, 'POST', '/v1/admin/shutdown', because)
    const ends = await endedWithin(Promise.all(running.map(({ ended }) => ended)))
    const after = (rest: number) =>
      Math.max(...ends.filter((_, index) => index % 2 === rest).map(({ at }) => at)) - before
    const allowed = onThisMachine(1000, load, load.stop())
    console.log(
      `${streams} streams ended after ${after(0).toFixed(0)} ms here, ${after(1).toFixed(0)} ms on another replica`,
    )
    expect(done).toMatchObject({
      status: 200,
      body: { shut_down: true, shutdown: { by: ann.id, people_needed: 2, consents: [], ...because } },
    })
    expect(Math.max(after(0), after(1))).toBeLessThan(allowed)
    for (const { text } of ends) expect(text).toContain('"code":"shut_down"')

    // Every door, also with the keys of those who run it; what they need to look and to lift answers.
    const question = { model: 'fake:1b', messages: [{ role: 'user', content: 'Hello.' }] }
    for (const server of [here, there]) {
      for (const [path, body] of [
        ['/v1/chat/completions', question],
        ['/v1/messages', { ...question, max_tokens: 5 }],
        ['/api/chat', question],
        ['/v1/responses', { model: 'fake:1b', input: 'Hello.' }],
        ['/v1/embeddings', { model: 'fake:1b', input: 'Hello.' }],
        ['/v1/moderations', { input: 'Hello.' }],
      ] as const) {
        expect([path, (await call(server, ann.key, 'POST', path, body)).status]).toEqual([path, 503])
      }
      for (const path of ['/v1/models', '/v1/files', '/v1/batches', '/v1/nothing-here']) {
        expect([path, await call(server, ann.key, 'GET', path)]).toMatchObject([path, shutDown])
      }
      expect((await server.fetch('/health')).status).toBe(200)
      expect((await call(server, member.key, 'GET', '/v1/safety/cases')).status).toBe(200)
      expect((await call(server, rob.key, 'GET', '/v1/admin/shutdown')).body).toMatchObject({
        shut_down: true,
      })
    }

    // One person counts once, with whatever key; the second, on the other replica, lifts it on both.
    const lift = { reason: 'they were not' }
    const second = await here.access.createKey('ann too', { person: ann.id, role: 'admin' })
    await expect
      .poll(async () => (await call(there, second.key, 'GET', '/v1/admin/shutdown')).status)
      .toBe(200)
    expect((await call(here, member.key, 'POST', '/v1/admin/shutdown/lift', lift)).status).toBe(403)
    for (const [server, key] of [[here, ann.key] as const, [there, second.key] as const]) {
      expect((await call(server, key, 'POST', '/v1/admin/shutdown/lift', lift)).body).toMatchObject({
        shut_down: true,
        shutdown: { consents: [{ by: ann.id, ...lift }] },
      })
    }
    expect((await call(there, rob.key, 'POST', '/v1/admin/shutdown/lift', lift)).body).toMatchObject({
      shut_down: false,
    })
    expect((await call(there, member.key, 'GET', '/v1/models')).status).toBe(200)
    await expect.poll(async () => (await call(here, member.key, 'GET', '/v1/models')).status).toBe(200)
    expect(await call(here, rob.key, 'POST', '/v1/admin/shutdown/lift', lift)).toMatchObject({
      status: 409,
      body: { error: { code: 'not_shut_down' } },
    })
    const stops = kept.filter(({ kind }) => kind === 'stop-changed')
    expect(stops.map(({ by, details }) => [by, details['state']])).toEqual([
      [ann.id, 'shut-down'],
      [ann.id, 'consent'],
      [rob.id, 'consent'],
      [rob.id, 'lifted'],
    ])
  })

  test('is nothing for those who run another organisation', async () => {
    await using server = await apiServer(fakeEngine())
    const { id } = await server.access.directory.createOrganisation('Acme')
    const tenant = await somebody(server, 'tom', 'owner', id)
    for (const path of ['/v1/admin/shutdown', '/v1/admin/shutdown/lift']) {
      expect((await call(server, tenant.key, 'POST', path, because)).status).toBe(403)
    }
    const wish = { target: 'org:org_home', ...because }
    expect((await call(server, tenant.key, 'POST', '/v1/admin/bans', wish)).status).toBe(403)
    expect((await call(server, tenant.key, 'GET', '/v1/models')).status).toBe(200)
  })

  test('of the command line outlives kill -9, and ends with lift', async () => {
    await using home = freshHome()
    writeFileSync(join(home.path, 'elpis.toml'), '[models]\nserve = []\n')
    const shutdown = (...words: string[]) => elpis(home, ['shutdown', ...words])
    let key: string
    {
      await using server = await serveElpis(home)
      key = (await createKey(home)).key
      const begun = await shutdown('--all', '--reason', because.reason)
      expect(begun).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Everything is shut down since[^]*`elpis shutdown lift --reason …`/),
      })
      server.process.kill('SIGKILL')
    }
    await using server = await serveElpis(home)
    const models = () => fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
    expect((await models()).status).toBe(503)
    expect(JSON.parse((await shutdown('status', '--json')).stdout)).toMatchObject({
      shut_down: true,
      shutdown: { by: 'owner', people_needed: 1, ...because },
    })
    expect((await shutdown('lift', '--reason', 'a drill')).stdout).toBe('Everything is open.\n')
    expect((await models()).status).toBe(200)
  })
})

test('elpis shutdown says how it is called, and does nothing by half', async () => {
  await using home = freshHome()
  const help = await elpis(home, ['shutdown', '--help'])
  expect(help.stdout).toContain('elpis shutdown --all --reason')
  for (const words of [[], ['--all'], ['--reason', 'x'], ['lift'], ['confirm'], ['everything']]) {
    expect([words, (await elpis(home, ['shutdown', ...words])).code]).toEqual([words, 2])
  }
})

describe('the two-person rule', () => {
  const rule = { restartPeople: 1, twoPeople: true }

  test('one asks, another confirms, and only then everything stops', async () => {
    const { acts, kept } = keptActs()
    await using server = await apiServer(fakeEngine(), { acts, shutdown: rule })
    const [ann, bob] = [await somebody(server, 'ann', 'admin'), await somebody(server, 'bob', 'owner')]
    const asked = await call(server, ann.key, 'POST', '/v1/admin/shutdown', because)
    expect(asked.body).toMatchObject({
      shut_down: false,
      proposals: [{ act: 'shutdown', subject: 'all', by: ann.id, ...because }],
    })
    const [{ id } = { id: '' }] = asked.body['proposals'] as { id: string }[]
    const confirm = '/v1/admin/proposals/confirm'
    expect(await call(server, ann.key, 'POST', confirm, { proposal: id })).toMatchObject({
      status: 403,
      body: { error: { code: 'proposal_own' } },
    })
    expect((await call(server, ann.key, 'GET', '/v1/models')).status).toBe(200)
    expect((await call(server, bob.key, 'POST', confirm, { proposal: id })).body).toMatchObject({
      shut_down: true,
      shutdown: { by: ann.id },
      proposals: [],
    })
    expect(await call(server, ann.key, 'GET', '/v1/models')).toMatchObject(shutDown)
    expect((await call(server, bob.key, 'POST', confirm, { proposal: id })).status).toBe(404)
    expect(kept.map(({ kind, by, details }) => [kind, by, details['state']])).toEqual([
      ['grave-act', ann.id, 'proposed'],
      ['grave-act', bob.id, 'confirmed'],
      ['stop-changed', ann.id, 'shut-down'],
    ])
  })

  test('nobody confirms what is an hour old', async () => {
    await using given = await standingOn({}, { shutdown: rule })
    const { proposals } = given.standing
    const wish = { kind: 'shutdown', subject: 'all', reason: 'a leak' } as const
    const proposal = await proposals.ask(wish, 'person_ann')
    given.time.now += 60 * 60 * 1000
    await expect(proposals.confirm(proposal?.id ?? '', 'person_bob')).rejects.toMatchObject({
      code: 'proposal_not_found',
    })
    expect(await proposals.waiting()).toEqual([])
    expect((await given.standing.clear(keyPrincipal('key_mallory', 'Mallory'))).level).toBe('good')
  })
})
