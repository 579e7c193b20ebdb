/** The composition root, with everything real but the engine. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createAccess } from '../src/access/create-access.ts'
import { connectControl } from '../src/api/control/client.ts'
import type { Config } from '../src/config.ts'
import { systemClock } from '../src/core/clock.ts'
import type { Engine } from '../src/core/engine.ts'
import type { RunningServer, ServerParts } from '../src/server.ts'
import { openStorage } from '../src/storage/storage.ts'
import { fakeEngine, hanging, type FakeEngine } from './support/fake-engine.ts'
import { damageDatabase, storageWorkers } from './support/storage-faults.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

interface Given extends AsyncDisposable {
  readonly home: string
  config(settings?: Record<string, string>): Config
  start(engine: Engine, config?: Config, parts?: Partial<ServerParts>): Promise<RunningServer>
  key(): Promise<string>
}

/** A home without models to load: the fake engine needs no weights. */
function freshHome(): Given {
  const home = mkdtempSync(join(tmpdir(), 'elpis-server-'))
  const started: RunningServer[] = []
  const given: Given = {
    home,
    config: (settings = {}) =>
      wholeConfig(home, {
        ELPIS_LIMITS_DRAIN_SECONDS: '5',
        // What is not let out before it is judged would not have begun yet.
        ELPIS_GUARD_POLICY: 'open',
        ...settings,
      }),
    async start(engine, config = given.config(), parts = {}) {
      const server = await startWholeServer(config, { openEngine: () => engine, ...parts })
      started.push(server)
      await server.ready
      return server
    },
    async key() {
      const storage = await openStorage({ home })
      const access = await createAccess({ store: storage, clock: systemClock })
      const { key } = await access.createKey('test')
      await access.close()
      await storage.close()
      return key
    },
    async [Symbol.asyncDispose]() {
      for (const server of started) await server.close(AbortSignal.abort()).catch(() => {})
      await rm(home, { recursive: true, force: true })
    },
  }
  return given
}

function chat(url: string, key: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fake:1b', messages: [{ role: 'user', content: 'hi' }], stream: true }),
  })
}

describe('a server', () => {
  test('answers on both loopback addresses, and its sign-in link works', async () => {
    await using given = freshHome()
    const key = await given.key()
    const server = await given.start(fakeEngine())
    const { port } = new URL(server.url)
    expect(server.url).toBe(`http://localhost:${port}`)
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      const response = await fetch(`http://${host}:${port}/v1/models`, { headers: { 'x-api-key': key } })
      expect([host, response.status]).toEqual([host, 200])
    }
    const link = new URL(await server.signInLink())
    expect(link.href.split('#')[0]).toBe(`${server.url}/sign-in`)
    const entered = await fetch(`${server.url}/web/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: server.url },
      body: JSON.stringify({ token: link.hash.slice(1) }),
    })
    expect(entered.status).toBe(200)
  })

  test('does not open itself to others before there is a key, and does so afterwards', async () => {
    await using given = freshHome()
    const open = given.config({ ELPIS_HOST: '0.0.0.0' })
    await expect(given.start(fakeEngine(), open)).rejects.toMatchObject({ code: 'public_bind_without_keys' })
    await given.key()
    const server = await given.start(fakeEngine(), open)
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })

  test('says which port is taken, on either loopback address, and gives everything back', async () => {
    await using given = freshHome()
    for (const host of ['127.0.0.1', '::1']) {
      const other = createServer().listen({ port: 0, host })
      await once(other, 'listening')
      const { port } = other.address() as { port: number }
      await expect(
        given.start(fakeEngine(), given.config({ ELPIS_PORT: String(port) })),
      ).rejects.toMatchObject({
        code: 'port_in_use',
      })
      other.close()
    }
    const server = await given.start(fakeEngine())
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })

  test('says when it cannot have an address', async () => {
    await using given = freshHome()
    await given.key()
    await expect(given.start(fakeEngine(), given.config({ ELPIS_HOST: '192.0.2.1' }))).rejects.toMatchObject({
      code: 'bind_failed',
    })
  })

  test('has its home to itself, and gives it back', async () => {
    await using given = freshHome()
    const first = await given.start(fakeEngine())
    await expect(given.start(fakeEngine())).rejects.toMatchObject({ code: 'home_in_use' })
    const control = await connectControl(given.home)
    expect(control?.status.address).toBe(first.url)
    await control?.close()
    await first.close()
    expect(await connectControl(given.home)).toBeNull()
    await given.start(fakeEngine())
  })

  test('listens before its models are there, and says so', async () => {
    await using given = freshHome()
    const engine = fakeEngine()
    let ready = false
    const notYet = {
      model: 'fake:1b',
      state: { state: 'loading', fraction: 0 },
      active: 0,
      queued: 0,
    } as const
    const loading: Engine = { ...engine, status: () => (ready ? engine.status() : [notYet]) }
    const server = await startWholeServer(given.config(), { openEngine: () => loading })
    expect((await fetch(`${server.url}/ready`)).status).toBe(503)
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    ready = true
    await server.ready
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)
    await server.close()
  })

  test('is not ready while its database is gone, says why in its log, and is ready again by itself', async () => {
    await using given = freshHome()
    const workers = storageWorkers()
    const logged: string[] = []
    const server = await given.start(fakeEngine(), given.config(), {
      log: (_level, event, fields) => void logged.push(`${event} ${String(fields?.['code'] ?? '')}`.trim()),
    })
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)

    const restore = damageDatabase(given.home)
    await workers[0]?.terminate()
    await expect.poll(() => logged, { timeout: 30_000 }).toContain('storage-lost storage_corrupt')
    const refused = await fetch(`${server.url}/ready`)
    const text = await refused.text()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'not_ready' } })
    expect(text).toContain('its database does not answer')
    expect(text).not.toContain(given.home)
    expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({ status: 'live', ready: false })

    restore()
    await expect.poll(async () => (await fetch(`${server.url}/ready`)).status, { timeout: 60_000 }).toBe(200)
    expect(logged).toContain('storage-back')
    // Another process makes it: that is noticed within a moment.
    const key = await given.key()
    await expect.poll(async () => (await chat(server.url, key)).status, { timeout: 10_000 }).toBe(200)
  })

  test('that is asked for a model that nobody knows says so at once', async () => {
    await using given = freshHome()
    const config = given.config()
    const server = await startWholeServer({
      ...config,
      models: { ...config.models, serve: ['smolm2:135m'] },
    })
    await expect(server.ready).rejects.toMatchObject({
      code: 'reference_invalid',
      hint: expect.stringContaining('smollm2:135m'),
    })
    await server.close()
  })
})

describe('closing', () => {
  async function answering(
    given: Given,
    engine: FakeEngine,
  ): Promise<{ server: RunningServer; response: Response }> {
    const key = await given.key()
    const server = await given.start(engine)
    return { server, response: await chat(server.url, key) }
  }

  test('lets a running answer end', async () => {
    await using given = freshHome()
    const gate = Promise.withResolvers<void>()
    const engine = fakeEngine({
      answer: async function* (request) {
        yield { type: 'start', promptTokens: 1, cachedTokens: 0 }
        await gate.promise
        yield { type: 'text-delta', choice: 0, text: `done ${request.choices}`, tokens: 1, logprobs: null }
        yield { type: 'finish', choice: 0, reason: 'stop' }
        yield {
          type: 'usage',
          usage: { promptTokens: 1, cachedTokens: 0, outputTokens: 1, reasoningTokens: 0 },
        }
      },
    })
    const { server, response } = await answering(given, engine)
    const closing = server.close()
    gate.resolve()
    expect(await response.text()).toContain('[DONE]')
    await closing
    expect(engine.closed).toBe(true)
    await expect(fetch(`${server.url}/health`)).rejects.toThrow('fetch failed')
  })

  test('in a hurry cuts what runs, with an error that says so', async () => {
    await using given = freshHome()
    const { server, response } = await answering(given, fakeEngine({ answer: hanging('one ') }))
    const hurry = new AbortController()
    const closing = server.close(hurry.signal)
    hurry.abort()
    expect(await response.text()).toMatch(/event: error\ndata: .*shutting_down/)
    await closing
  })

  test('cuts what takes longer than the time to drain', async () => {
    await using given = freshHome()
    const key = await given.key()
    const config = given.config({ ELPIS_LIMITS_DRAIN_SECONDS: '0.1' })
    const server = await given.start(fakeEngine({ answer: hanging('one ') }), config)
    const response = await chat(server.url, key)
    const closing = server.close()
    expect(await response.text()).toContain('shutting_down')
    await closing
  })
})
