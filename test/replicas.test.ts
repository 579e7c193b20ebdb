/** Two servers, each a process with a home of its own, on one Postgres. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { addBan, liftBan } from '../src/api/standing/measures.ts'
import { measureLoad, onThisMachine } from './support/machine-load.ts'
import { postgresForTests } from './support/postgres.ts'
import { startReplica } from './support/start-replica.ts'
import { tcpProxy } from './support/tcp-proxy.ts'

const postgres = await postgresForTests()

/** One after the other, with the keys of one log: the first makes them. */
async function replicas(databases: readonly [string, string]) {
  const homes = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'elpis-replica-'))) as [string, string]
  onTestFinished(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })))
  const one = await startReplica(homes[0], databases[0])
  for (const key of ['log.key', 'subjects.key']) copyFileSync(join(homes[0], key), join(homes[1], key))
  return [one, await startReplica(homes[1], databases[1])] as const
}

const asked = (url: string, key: string) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fake:1b', messages: [{ role: 'user', content: 'hi' }], stream: true }),
  })

/** Streams that have begun; `ended` says when each was over and with what. */
async function streams(url: string, key: string, count: number) {
  const begun = await Promise.all(
    Array.from({ length: count }, async () => {
      const response = await asked(url, key)
      expect(response.status).toBe(200)
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      await reader.read()
      return reader
    }),
  )
  const ended = begun.map(async (reader) => {
    let last = ''
    let saidAt = 0
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return { at: performance.now(), saidAt, last }
      if (Buffer.from(value).includes('word')) saidAt = performance.now()
      last = (last + Buffer.from(value).toString()).slice(-1000)
    }
  })
  return { ended: Promise.all(ended) }
}

/** Answers that begin and are left, one after another in several rows: each is opened and closed in the database. */
async function keepBusy(url: string, key: string, until: AbortSignal): Promise<void> {
  const row = async () => {
    while (!until.aborted) await (await asked(url, key)).body?.cancel()
  }
  await Promise.all(Array.from({ length: 8 }, row))
}

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

async function letIn(url: string, key: string): Promise<void> {
  const status = async () => (await fetch(`${url}/v1/models`, bearer(key))).status
  await expect.poll(status, { interval: 20, timeout: 10_000 }).toBe(200)
}

describe.skipIf(postgres === null)('two servers on one Postgres', () => {
  test('a key that is revoked through one ends what it runs on the other within a second', async () => {
    const database = (await postgres?.freshDatabase()) ?? ''
    const [one, other] = await replicas([database, database])
    const { id, key } = await one.control.createKey('shared')
    await letIn(other.url, key)
    const { ended } = await streams(other.url, key, 50)
    const revokedAt = performance.now()
    await one.control.revokeKey(id)
    const ends = await ended
    const longest = Math.max(...ends.map(({ at }) => at)) - revokedAt
    console.log(`50 streams of the other replica ended ${Math.round(longest)} ms after the revocation began`)
    expect(ends.every(({ last }) => last.includes('key_revoked'))).toBe(true)
    expect(longest).toBeLessThan(1000)
    expect((await asked(other.url, key)).status).toBe(401)
  })

  test('a ban through one ends 50 streams on the other within a second, while both are busy, and theirs only', async () => {
    const database = (await postgres?.freshDatabase()) ?? ''
    const [one, other] = await replicas([database, database])
    const mallory = await one.control.createKey('Mallory')
    const ada = await one.control.createKey('Ada')
    for (const { key } of [mallory, ada]) await letIn(other.url, key)
    const { ended } = await streams(other.url, mallory.key, 50)
    const adas = await streams(other.url, ada.key, 1)
    let adaEnded = false
    // It runs until its server is gone.
    adas.ended.then(
      () => (adaEnded = true),
      () => {},
    )
    const busy = new AbortController()
    const work = [one, other].map(({ url }) => keepBusy(url, ada.key, busy.signal))
    const load = await measureLoad({ fetch: (path) => fetch(`${other.url}${path}`, bearer(ada.key)) }, 50)

    const target = `key:${mallory.id}`
    const before = performance.now()
    const ban = await one.control.standing(addBan, { target, reason: 'for a test' }, null)
    const acknowledged = performance.now() - before
    const ends = await ended
    const longest = Math.max(...ends.map(({ at }) => at)) - before
    const limit = onThisMachine(1000, load, load.stop())
    console.log(
      `50 streams of the other replica ended ${Math.round(longest)} ms after a ban was asked for, which was acknowledged after ${Math.round(acknowledged)} ms (${Math.round(limit)} allowed now)`,
    )
    expect(longest).toBeLessThan(limit)
    for (const { last } of ends) expect(last).toContain('"code":"banned"')
    expect(adaEnded).toBe(false)
    expect(await (await asked(other.url, mallory.key)).json()).toMatchObject({
      error: { code: 'banned', notice: { case: ban.case } },
    })
    await one.control.standing(liftBan, { target, reason: 'a mistake' }, null)
    await letIn(other.url, mallory.key)
    busy.abort()
    await Promise.all(work)
  })

  test('one that is cut off from the database stops everything at the end of its lease', async () => {
    const database = (await postgres?.freshDatabase()) ?? ''
    const proxy = await tcpProxy(postgres?.port ?? 0)
    onTestFinished(() => proxy.close())
    const through = Object.assign(new URL(database), { port: String(proxy.port) }).href
    const [whole, split] = await replicas([database, through])
    const { id, key } = await whole.control.createKey('shared')
    await letIn(split.url, key)
    const { ended } = await streams(split.url, key, 20)
    proxy.cut()
    const cutAt = performance.now()
    // Cannot be heard over there any more.
    await whole.control.revokeKey(id)
    const ends = await ended
    // The stream itself ends once the record stage gives up on closing its entry, which is a little later.
    const [longest = 0, over = 0] = [ends.map(({ saidAt }) => saidAt), ends.map(({ at }) => at)].map(
      (times) => Math.round(Math.max(...times) - cutAt),
    )
    console.log(
      `20 streams of a replica that was cut off said nothing after ${longest} ms, over at ${over} ms`,
    )
    expect(ends.every(({ last }) => last.includes('storage_unreachable'))).toBe(true)
    expect(longest).toBeLessThan(3500)
    expect((await asked(split.url, key)).status).toBe(503)
    proxy.mend()
    const next = await whole.control.createKey('next')
    await letIn(split.url, next.key)
    expect((await asked(split.url, key)).status).toBe(401)
  })
})
