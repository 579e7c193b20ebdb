import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Account, FileId, SubjectName } from '../src/core/ids.ts'
import { writeBackup } from '../src/storage/backup/write-backup.ts'
import { readBackup } from '../src/storage/backup/read-backup.ts'
import { restoreBackup } from '../src/storage/backup/restore.ts'
import { openStorage, type Storage, type StoragePlace } from '../src/storage/storage.ts'
import { elpis, freshHome, type Home } from './support/elpis.ts'
import { postgresForTests } from './support/postgres.ts'
import { startReplica } from './support/start-replica.ts'
import { storedKey, storedSession } from './support/stored.ts'

const postgres = await postgresForTests()
const blob = 'ab'.repeat(20)
const content = Buffer.from(Array.from({ length: 600_000 }, (_, index) => index % 251))

function home(): Home {
  const made = freshHome()
  onTestFinished(() => made[Symbol.asyncDispose]())
  return made
}

const onSqlite = async (): Promise<StoragePlace> => ({ home: home().path })
const onPostgres = async (): Promise<StoragePlace> => ({
  home: home().path,
  storage: { url: (await postgres?.emptyDatabase()) ?? '' },
})

async function withStorage(place: StoragePlace, work: (storage: Storage) => Promise<void>): Promise<void> {
  const storage = await openStorage(place)
  try {
    await work(storage)
  } finally {
    await storage.close()
  }
}

async function filled(place: StoragePlace): Promise<StoragePlace> {
  await withStorage(place, async ({ keys, sessions, files }) => {
    await Promise.all(
      Array.from({ length: 700 }, (_, index) => keys.insert(storedKey(`k${index}`, index), null)),
    )
    await keys.insert(storedKey(`it's "odd" \u{1F5DD} \n\\u0000`, 5000), null)
    await sessions.insert(storedSession('owner', null), [])
    await sessions.insert(storedSession('k1', storedKey('k1').id), [])
    await files.insert({
      id: 'file-1' as FileId,
      account: 'owner' as Account,
      subject: 'organisation:org_home' as SubjectName,
      name: '../x',
      purpose: 'batch',
      bytes: content.length,
      createdAt: 1,
      expiresAt: 2 ** 52,
      blob,
    })
  })
  mkdirSync(join(place.home, 'files'), { recursive: true })
  writeFileSync(join(place.home, 'files', blob), content)
  return place
}

async function backedUp(place: StoragePlace, name = 'elpis.backup', force = false): Promise<string> {
  const file = join(place.home, name)
  const { signal } = new AbortController()
  await writeBackup({ place, file, force, version: '0', now: 1, signal })
  return file
}

const restored = (place: StoragePlace, file: string, force = false) =>
  restoreBackup({ place, file, force, now: 2 })

/** All that a backup says, in an order that does not depend on the database it came from. */
function said(file: string): string[] {
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n').slice(1, -1)
  let table = ''
  return lines
    .flatMap((text) => {
      const line = JSON.parse(text) as { type: string; name?: string; rows?: unknown[] }
      if (line.type === 'table') table = line.name ?? ''
      return line.rows?.map((row) => `${table} ${JSON.stringify(row)}`) ?? [text]
    })
    .toSorted()
}

const kinds = [
  ['SQLite', onSqlite],
  ...(postgres === null ? [] : [['Postgres', onPostgres] as const]),
] as const
const ways = kinds.flatMap(([from, open]) => kinds.map(([to, target]) => ({ from, open, to, target })))

describe('a backup', () => {
  test.each(ways)('from $from restores into $to with all that there was', async ({ open, target }) => {
    const file = await backedUp(await filled(await open()))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const place = await target()
    expect(await restored(place, file)).toMatchObject({ files: 1 })
    expect(said(await backedUp(place, 'again.backup'))).toEqual(said(file))
    expect(readFileSync(join(place.home, 'files', blob)).equals(content)).toBe(true)
    await withStorage(place, async ({ keys, sessions }) => {
      expect(await keys.list()).toHaveLength(701)
      // References hold again.
      await keys.revoke(storedKey('k1').id, 9, null)
      expect((await sessions.live(1500)).sessions).toHaveLength(1)
    })
    expect(readdirSync(place.home).filter((name) => /old|restoring|draft/.test(name))).toEqual([])
  })

  test.each(kinds)('of %s shows one moment while somebody writes', async (_name, open) => {
    const place = await filled(await open())
    await withStorage(place, async ({ keys }) => {
      const over = new AbortController()
      let written = 0
      const writer = (async () => {
        // Each pair is one moment: a backup with one of the two would be none.
        while (!over.signal.aborted) {
          await Promise.all(
            ['a', 'b'].map((half) => keys.insert(storedKey(`pair${written}${half}`, 9000), null)),
          )
          written++
        }
      })()
      const file = await backedUp(place)
      over.abort()
      await writer
      const pairs = said(file).filter((line) => line.includes('"pair'))
      expect(pairs.length % 2).toBe(0)
      expect(written).toBeGreaterThan(0)
    })
  })

  test.each(kinds)('does not replace what %s holds unless told to', async (_name, open) => {
    const file = await backedUp(await filled(await open()))
    const place = await open()
    await withStorage(place, ({ keys }) => keys.insert(storedKey('mine'), null))
    await expect(restored(place, file)).rejects.toMatchObject({ code: 'restore_occupied' })
    await withStorage(place, async ({ keys }) => expect(await keys.list()).toHaveLength(1))
    await restored(place, file, true)
    await withStorage(place, async ({ keys }) => expect(await keys.list()).toHaveLength(701))
  })

  test.skipIf(postgres === null)('is not restored into a Postgres that a server is using', async () => {
    const file = await backedUp(await filled(await onSqlite()))
    const place = await onPostgres()
    await withStorage(place, async ({ keys }) => {
      await expect(restored(place, file, true)).rejects.toMatchObject({ code: 'home_in_use' })
      expect(await keys.list()).toEqual([])
    })
  })
})

describe('a file that is no sound backup', () => {
  test('is refused wherever it is cut off or changed, and nothing is touched', async () => {
    const file = await backedUp(await filled(await onSqlite()))
    const whole = readFileSync(file)
    const place = await onSqlite()
    await withStorage(place, ({ keys }) => keys.insert(storedKey('mine'), null))
    const bad = join(place.home, 'bad.backup')
    for (let index = 0; index < 15; index++) {
      const at = Math.floor((whole.length / 15) * index)
      const flipped = Buffer.from(whole)
      flipped[at] = (flipped[at] ?? 0) ^ 0x10
      for (const content of [whole.subarray(0, at), ...(at > 10 ? [flipped] : [])]) {
        writeFileSync(bad, content)
        await expect(restored(place, bad, true)).rejects.toMatchObject({ code: 'backup_invalid' })
      }
    }
    await withStorage(place, async ({ keys }) => expect(await keys.list()).toHaveLength(1))
    expect(readdirSync(place.home).filter((name) => name.includes('restoring'))).toEqual([])
  })

  test.each([
    ['text', 'hello', 'backup_invalid'],
    ['nothing', '', 'backup_invalid'],
    ['another gzip', gzipSync('{"type":"hello"}\n'), 'backup_invalid'],
    ['gzip over no JSON', gzipSync('hello\n'), 'backup_invalid'],
  ])('%s', async (_name, content, code) => {
    const file = join(home().path, 'bad.backup')
    writeFileSync(file, content)
    await expect(readBackup(file, {})).rejects.toMatchObject({ code })
  })

  test('a line that names a path, another table or other columns is refused, whatever its checksum', async () => {
    const file = await backedUp(await filled(await onSqlite()))
    const text = gunzipSync(readFileSync(file)).toString()
    const bad = join(home().path, 'bad.backup')
    for (const [from, to, code = 'backup_invalid'] of [
      [blob, '../../.ssh/authorized_keys'],
      ['"name":"keys"', '"name":"sqlite_schema"'],
      ['"columns":["id"', '"columns":["rowid"'],
      ['0002-kept', '9999-tomorrow', 'backup_newer'],
    ] as const) {
      writeFileSync(bad, gzipSync(text.replace(from, to)))
      await expect(readBackup(bad, {})).rejects.toMatchObject({ code })
    }
  })

  test('a file that is not there, and a folder', async () => {
    const { path } = home()
    await expect(readBackup(join(path, 'none'), {})).rejects.toMatchObject({ code: 'file_missing' })
    await expect(readBackup(path, {})).rejects.toMatchObject({ code: 'backup_invalid' })
  })
})

describe('elpis backup and restore', () => {
  test('work beside a server, and refuse what they should', async () => {
    const here = home()
    await withStorage({ home: here.path }, ({ keys }) => keys.insert(storedKey('one'), null))
    const file = join(here.path, 'elpis.backup')
    const server = await startReplica(here.path, '')
    const backup = await elpis(here, ['backup', file, '--json'])
    expect(backup).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(backup.stdout)).toMatchObject({ file, from: 'sqlite', files: 0 })
    const refused = await elpis(here, ['restore', file, '--force'])
    expect(refused.code).toBe(4)
    expect(refused.stderr).toContain(`process ${server.pid}`)
    await server.kill()
    const restore = await elpis(here, ['restore', file, '--force', '--json'])
    expect(JSON.parse(restore.stdout)).toMatchObject({ restored: true, from: 'sqlite', file })
    // In a home without the keys of its log they must come first.
    const elsewhere = await elpis(home(), ['restore', file])
    expect(elsewhere.stdout).toContain('Bring log.key and subjects.key')
    const check = await elpis(here, ['restore', file, '--check'])
    expect(check.stdout).toMatch(/^Sound: \d+ rows and 0 files, as they were at 20/)
    await withStorage({ home: here.path }, async ({ keys }) => {
      expect((await keys.list()).map(({ name }) => name)).toEqual(['one'])
    })
  })

  test('say what stands in the way of writing', async () => {
    const place = await onSqlite()
    await expect(backedUp(place)).rejects.toMatchObject({ code: 'backup_empty' })
    await filled(place)
    const file = await backedUp(place)
    await expect(backedUp(place)).rejects.toMatchObject({ code: 'backup_exists' })
    expect(await backedUp(place, 'elpis.backup', true)).toBe(file)
    await expect(backedUp(place, 'nowhere/x')).rejects.toMatchObject({ code: 'backup_unwritable' })
  })
})
