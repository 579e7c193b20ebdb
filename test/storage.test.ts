import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { everyTopic } from '../src/core/changes.ts'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { keptContract } from './support/kept-contract.ts'
import { noticeContract } from './support/notice-contract.ts'
import { killedWriters } from './support/killed-writers.ts'
import { storageContract } from './support/storage-contract.ts'
import { damageDatabase, storageWorkers } from './support/storage-faults.ts'
import { storedKey } from './support/stored.ts'
import { shutdownContract } from './support/shutdown-contract.ts'
import { verdictContract } from './support/verdict-contract.ts'

function freshHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'elpis-storage-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

async function opened(home: string): Promise<Storage> {
  const storage = await openStorage({ home })
  onTestFinished(() => storage.close())
  return storage
}

storageContract('SQLite', () => {
  const home = freshHome()
  return { open: () => openStorage({ home }) }
})

keptContract('SQLite', () => opened(freshHome()))
noticeContract('SQLite', () => opened(freshHome()))

verdictContract('SQLite', () => opened(freshHome()))

shutdownContract('SQLite', () => opened(freshHome()))

describe('the database file', () => {
  test('nobody else may read it, nor a home that was made for it', async () => {
    const home = join(freshHome(), 'not', 'there')
    const { keys } = await opened(home)
    await keys.insert(storedKey('k'), null)
    const mode = (path: string) => statSync(path).mode & 0o777
    expect(mode(home)).toBe(0o700)
    for (const name of ['elpis.db', 'elpis.db-wal', 'elpis.db-shm'])
      expect(mode(join(home, name))).toBe(0o600)
  })

  test('what servers know of who may do what is read while another process writes', async () => {
    const home = freshHome()
    const storage = await opened(home)
    await storage.keys.insert(storedKey('one'), null)
    const writer = new DatabaseSync(join(home, 'elpis.db'))
    onTestFinished(() => writer.close())
    writer.exec('begin immediate')
    expect((await storage.keys.since(null, 10)).keys.count).toBe(1)
    expect((await storage.measures.since(0, 10, null)).measures.count).toBe(0)
    // Over a connection of its own.
    expect(await storage.measures.inForce('banned', '', 0, 10)).toEqual([])
    expect(writer.isTransaction).toBe(true)
    writer.exec('rollback')
  })

  test('one that others could read is closed to them', async () => {
    const home = freshHome()
    writeFileSync(join(home, 'elpis.db'), '', { mode: 0o644 })
    await opened(home)
    expect(statSync(join(home, 'elpis.db')).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['no database at all', 'x'.repeat(10_000)],
    ['a torn one', `SQLite format 3\0${'\xff'.repeat(5000)}`],
  ])('%s is reported as damaged, with its path', async (_case, content) => {
    const home = freshHome()
    writeFileSync(join(home, 'elpis.db'), content, 'latin1')
    const error: unknown = await openStorage({ home }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'storage_corrupt' })
    expect((error as Error).message).toContain(join(home, 'elpis.db'))
  })

  test('one of a newer version is left alone', async () => {
    const home = freshHome()
    await (await openStorage({ home })).close()
    const database = new DatabaseSync(join(home, 'elpis.db'))
    database.exec("insert into migrations values ('9999-tomorrow', 0)")
    database.close()
    await expect(openStorage({ home })).rejects.toMatchObject({ code: 'storage_newer' })
    await expect(openStorage({ home })).rejects.toThrow('9999-tomorrow')
  })

  test('a place that cannot be written is named', async () => {
    const home = freshHome()
    writeFileSync(join(home, 'file'), '')
    await expect(openStorage({ home: join(home, 'file') })).rejects.toMatchObject({
      code: 'storage_unwritable',
    })
    await expect(openStorage({ home: join(home, 'file', 'x') })).rejects.toMatchObject({
      code: 'storage_unwritable',
    })
    mkdirSync(join(home, 'elpis.db'))
    await expect(openStorage({ home })).rejects.toMatchObject({ code: 'storage_unwritable' })
  })

  test('many processes may open a new home at the same moment', async () => {
    const home = freshHome()
    const all = await Promise.all(Array.from({ length: 8 }, () => opened(home)))
    await Promise.all(all.map(({ keys }, index) => keys.insert(storedKey(`k${index}`), null)))
    expect(await all[0]?.keys.list()).toHaveLength(8)
  })
})

describe('a slow or lost disk', () => {
  test('calls that arrive together share a commit', async () => {
    const home = freshHome()
    const { keys } = await opened(home)
    const written = () => statSync(join(home, 'elpis.db-wal')).size
    const insert = async (name: string) => {
      const before = written()
      await keys.insert(storedKey(name), null)
      return written() - before
    }
    const one = Math.min(await insert('a'), await insert('b'))
    const before = written()
    await Promise.all(Array.from({ length: 200 }, (_, index) => keys.insert(storedKey(`k${index}`), null)))
    expect(one).toBeGreaterThan(0)
    expect(written() - before).toBeLessThan((one * 200) / 4)
  })

  test('the loop of the server goes on while the worker waits for the disk', async () => {
    const home = freshHome()
    const { keys } = await opened(home)
    // Another writer holds the database: the worker's thread stands still in SQLite until that ends.
    const holder = new DatabaseSync(join(home, 'elpis.db'))
    onTestFinished(() => holder.close())
    holder.exec('begin immediate')
    let acknowledged = false
    const insert = keys.insert(storedKey('k'), null).then(() => (acknowledged = true))

    let longest = 0
    const started = performance.now()
    for (let last = started; last - started < 500;) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }
    expect(acknowledged).toBe(false)
    expect(longest).toBeLessThan(250)
    holder.exec('commit')
    await insert
    expect(await keys.list()).toHaveLength(1)
  })

  test('a worker that died is replaced: who watches is told, and calls are answered again', async () => {
    const workers = storageWorkers()
    const storage = await opened(freshHome())
    await storage.keys.insert(storedKey('before'), null)
    const told: string[] = []
    const back = Promise.withResolvers<void>()
    storage.watch({
      lost: ({ code }) => void told.push(code),
      changed(topics) {
        if (topics.size === everyTopic.size) back.resolve()
      },
    })

    const dying = workers[0]?.terminate()
    await expect(storage.keys.list()).rejects.toMatchObject({ code: 'storage_failed' })
    await dying
    expect(told).toEqual(['storage_failed'])
    await back.promise
    expect((await storage.keys.list()).map(({ id }) => id)).toEqual([storedKey('before').id])
    await storage.keys.insert(storedKey('after'), null)
    expect(workers).toHaveLength(2)
  })

  test('a database that cannot be opened again is tried until it can, or until it is closed', async () => {
    const workers = storageWorkers()
    const home = freshHome()
    const storage = await openStorage({ home })
    await storage.keys.insert(storedKey('k'), null)
    const told: string[] = []
    const back = Promise.withResolvers<void>()
    storage.watch({ lost: ({ code }) => void told.push(code), changed: () => back.resolve() })

    const restore = damageDatabase(home)
    await workers[0]?.terminate()
    await expect.poll(() => told, { timeout: 30_000 }).toContain('storage_corrupt')
    await expect(storage.keys.list()).rejects.toMatchObject({ code: 'storage_corrupt' })
    restore()
    await back.promise
    expect(await storage.keys.list()).toHaveLength(1)

    damageDatabase(home)
    await workers.at(-1)?.terminate()
    await storage.close()
    const all = workers.length
    await expect(storage.keys.list()).rejects.toMatchObject({ code: 'storage_failed' })
    expect(workers).toHaveLength(all)
  })

  test('kill -9 at any moment loses nothing that was acknowledged', async () => {
    const home = freshHome()
    const acknowledged = await killedWriters(home)
    const { keys } = await opened(home)
    const kept = new Set((await keys.list()).map(({ id }) => id as string))
    expect(acknowledged.length).toBeGreaterThanOrEqual(400)
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
  })
})
