import { Client } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Topic } from '../src/core/changes.ts'
import { beginAlone } from '../src/storage/postgres/group-commit.ts'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { keptContract } from './support/kept-contract.ts'
import { noticeContract } from './support/notice-contract.ts'
import { killedWriters } from './support/killed-writers.ts'
import { postgresForTests } from './support/postgres.ts'
import { storageContract } from './support/storage-contract.ts'
import { shutdownContract } from './support/shutdown-contract.ts'
import { verdictContract } from './support/verdict-contract.ts'
import { storedKey } from './support/stored.ts'
import { tcpProxy } from './support/tcp-proxy.ts'

const postgres = await postgresForTests()
const open = (url: string) => openStorage({ home: '/nowhere', storage: { url } })
const freshUrl = async () => (await postgres?.freshDatabase()) ?? ''

async function opened(url?: string): Promise<Storage> {
  const storage = await open(url ?? (await freshUrl()))
  onTestFinished(() => storage.close())
  return storage
}

function heardBy(storage: Storage) {
  const heard: (readonly Topic[] | string)[] = []
  storage.watch({
    changed: (topics) => heard.push([...topics].toSorted()),
    lost: ({ code }) => heard.push(code),
  })
  return heard
}

describe.skipIf(postgres === null)('Postgres', () => {
  storageContract('Postgres', () => {
    const url = freshUrl()
    return { open: async () => await open(await url) }
  })

  keptContract('Postgres', () => opened())
  noticeContract('Postgres', () => opened())

  verdictContract('Postgres', () => opened())

  shutdownContract('Postgres', () => opened())

  test('kill -9 at any moment loses nothing that was acknowledged', async () => {
    const url = await freshUrl()
    const acknowledged = await killedWriters(url)
    const { keys } = await opened(url)
    const kept = new Set((await keys.list()).map(({ id }) => id as string))
    expect(acknowledged.length).toBeGreaterThanOrEqual(400)
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
  })

  test('replicas that start together migrate once', async () => {
    const url = (await postgres?.emptyDatabase()) ?? ''
    const all = await Promise.all(Array.from({ length: 4 }, () => opened(url)))
    await Promise.all(all.map(({ keys }, index) => keys.insert(storedKey(`k${index}`), null)))
    expect(await all[0]?.keys.list()).toHaveLength(4)
  })

  test('a change is heard when every hint of it was lost', async () => {
    const url = await freshUrl()
    const heard = heardBy(await opened(url))
    await postgres?.run(
      "update versions set version = version + 1 where topic = 'access'",
      new URL(url).pathname.slice(1),
    )
    await expect.poll(() => heard, { interval: 10 }).toEqual([['access']])
  })

  test('who is cut off is told at the end of the lease, and again when it can be reached', async () => {
    const url = new URL(await freshUrl())
    const proxy = await tcpProxy(postgres?.port ?? 0)
    onTestFinished(() => proxy.close())
    url.port = String(proxy.port)
    const storage = await opened(url.href)
    const heard = heardBy(storage)
    await storage.keys.list()
    proxy.cut()
    const since = performance.now()
    const hanging = storage.keys.list()
    await expect(hanging).rejects.toMatchObject({ code: 'storage_unreachable' })
    const after = performance.now() - since
    expect(heard).toEqual(['storage_unreachable'])
    expect(after).toBeGreaterThan(2000)
    expect(after).toBeLessThan(3500)
    proxy.mend()
    await expect.poll(() => heard.length, { interval: 10, timeout: 5000 }).toBe(2)
    expect(heard[1]).toContain('access')
    expect(await storage.keys.list()).toEqual([])
  })

  test('what servers know of who may do what is read while somebody writes', async () => {
    const url = await freshUrl()
    const storage = await opened(url)
    await storage.keys.insert(storedKey('one'), null)
    const writer = new Client({ connectionString: url })
    await writer.connect()
    onTestFinished(() => writer.end())
    await writer.query(beginAlone)
    let listed = false
    const waits = storage.keys.list().then(() => (listed = true))
    expect((await storage.keys.since(null, 10)).keys.count).toBe(1)
    expect((await storage.measures.since(0, 10, null)).measures.count).toBe(0)
    expect(await storage.measures.inForce('banned', '', 0, 10)).toEqual([])
    expect(listed).toBe(false)
    await writer.query('commit')
    await waits
  })

  test('a connection that the server ended is made again for the next call', async () => {
    const url = await freshUrl()
    const storage = await opened(url)
    await storage.keys.insert(storedKey('one'), null)
    await postgres?.run(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = '${new URL(url).pathname.slice(1)}' and pid != pg_backend_pid()`,
    )
    await expect
      .poll(async () => (await storage.keys.list().catch(() => [])).length, { interval: 20 })
      .toBe(1)
  })

  test('addresses that lead nowhere are told without the password', async () => {
    const wrong = Object.assign(new URL(await freshUrl()), { password: 'hunter2' })
    const nowhere = 'postgres://me:hunter2@127.0.0.1:1/elpis'
    const missing = Object.assign(new URL(await freshUrl()), { pathname: '/nothing' })
    for (const url of [wrong.href, nowhere, missing.href]) {
      const error = await open(url).catch((error: unknown) => error as Error)
      expect(error).toMatchObject({ code: 'storage_unreachable' })
      expect((error as Error).message).toContain('postgres://127.0.0.1:')
      expect((error as Error).message).not.toContain('hunter2')
    }
  })

  test('one of a newer version is left alone', async () => {
    const url = await freshUrl()
    await (await open(url)).close()
    await postgres?.run("insert into migrations values ('9999-tomorrow', 0)", new URL(url).pathname.slice(1))
    await expect(open(url)).rejects.toMatchObject({ code: 'storage_newer' })
  })

  test('a user who may not make tables is told so', async () => {
    const url = new URL((await postgres?.emptyDatabase()) ?? '')
    await postgres?.run("create role reader login password 'r'")
    Object.assign(url, { username: 'reader', password: 'r' })
    await expect(open(url.href)).rejects.toMatchObject({ code: 'storage_unwritable' })
  })
})
