import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { elpisError, ElpisError } from '../../errors.ts'
import { failureOf } from '../classify.ts'
import { errorOf } from '../failure.ts'
import { migrate, migrateFresh } from '../migrations.ts'
import type { Database } from '../schema.ts'
import { strictSqlite } from '../strict-sqlite.ts'
import { valueOf } from './format.ts'
import { quoted } from './quoted.ts'
import { readBackup } from './read-backup.ts'
import type { Restoring } from './restore.ts'
import type { FilesDraft } from './restored-files.ts'
import { tablesAfter } from './tables.ts'

/** What SQLite keeps beside a database, besides itself. */
const parts = ['', '-wal', '-shm']

/** Makes the database beside the one in use, then puts it in its place. */
export async function restoreSqlite(restoring: Restoring, files: FilesDraft): Promise<void> {
  const { home } = restoring.place
  const database = join(home, 'elpis.db')
  if (!restoring.force && existsSync(database) && statSync(database).size > 0) {
    throw elpisError('restore_occupied', { database })
  }
  const draft = `${database}.restoring`
  await remove(draft)
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    await files.begin()
    await load(restoring, draft, files)
    await putInPlace(draft, database)
    await files.putInPlace()
  } catch (error) {
    await remove(draft)
    if (error instanceof ElpisError) throw error
    const failure = failureOf(error)
    throw failure.kind === 'thrown'
      ? elpisError('backup_invalid', { file: restoring.file, reason: failure.reason })
      : errorOf(failure, database)
  }
}

async function load({ file, now }: Restoring, draft: string, files: FilesDraft): Promise<void> {
  const connection = new DatabaseSync(draft, { enableForeignKeyConstraints: false })
  try {
    chmodSync(draft, 0o600)
    connection.exec('pragma synchronous = full; begin immediate')
    const database = new Kysely<Database>({
      dialect: new SqliteDialect({ database: strictSqlite(connection) }),
    })
    const writer = strictSqlite(connection)
    await readBackup(file, {
      async header({ migrations }) {
        await migrateFresh(database, { strict: true }, now, migrations)
        // What a migration put there itself came along in the backup.
        for (const { name } of await tablesAfter(migrations)) connection.exec(`delete from ${quoted(name)}`)
      },
      async rows({ name, columns }, rows) {
        const insert = writer.prepare(
          `insert into ${quoted(name)} (${columns.map(quoted).join(', ')})
           values (${columns.map(() => '?').join(', ')})`,
        )
        for (const row of rows) insert.run(row.map(valueOf))
      },
      file: (name) => files.file(name),
      content: (bytes) => files.content(bytes),
    })
    await migrate(database, { strict: true }, now)
    connection.exec('commit')
    const [broken] = connection.prepare('pragma foreign_key_check').all()
    if (broken !== undefined)
      throw new Error(`rows of "${String(broken['table'])}" refer to what is not there`)
    const [check] = connection.prepare('pragma integrity_check').all()
    if (check?.['integrity_check'] !== 'ok') throw new Error('the database made from it is not sound')
  } finally {
    connection.close()
  }
}

/** The old one is moved away together with its log, so that it is whole wherever this stops. */
async function putInPlace(draft: string, database: string): Promise<void> {
  const old = `${database}.old`
  await remove(old)
  for (const part of parts.toReversed()) {
    if (existsSync(database + part)) await rename(database + part, old + part)
  }
  await rename(draft, database)
  await remove(old)
}

async function remove(database: string): Promise<void> {
  for (const part of [...parts, '-journal']) await rm(database + part, { force: true })
}
