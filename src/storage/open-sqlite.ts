import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { failureOf } from './classify.ts'
import { migrate } from './migrations.ts'
import type { Database } from './schema.ts'
import { strictSqlite } from './strict-sqlite.ts'

/** How long a statement waits for another process that writes. */
const busyMilliseconds = 5000
/**
 * Pages of the log of writes after which they are carried over into the database. A request writes eleven, the same few
 * again and again, and carrying over waits for the disk twice: at SQLite's own 1,000 every hundredth request waited for it.
 */
const pagesAtOnce = 4000

export interface OpenDatabase {
  /** The connection itself, for transactions and pragmas. */
  readonly connection: DatabaseSync
  /** The same connection, for queries. */
  readonly database: Kysely<Database>
}

/**
 * Opens the database of a home, made and migrated where needed. Blocks: belongs into the storage worker.
 *
 * @throws errors of the system and of SQLite, for `failureOf`.
 */
export async function openSqlite(home: string, file: string, now: number): Promise<OpenDatabase> {
  makePrivate(home, file)
  const connection = new DatabaseSync(file, {
    timeout: busyMilliseconds,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
    defensive: true,
  })
  try {
    // The step to WAL does not wait for others by itself.
    patiently(() => connection.exec('pragma journal_mode = wal'))
    connection.exec('pragma synchronous = full; pragma secure_delete = on; pragma trusted_schema = off')
    connection.exec(`pragma wal_autocheckpoint = ${pagesAtOnce}`)
    const database = new Kysely<Database>({
      dialect: new SqliteDialect({ database: strictSqlite(connection) }),
    })
    connection.exec('begin immediate')
    await migrate(database, { strict: true }, now)
    connection.exec('commit')
    return { connection, database }
  } catch (error) {
    connection.close()
    throw error
  }
}

/** A second connection, which only reads. */
export function openSqliteForSurveys(file: string): OpenDatabase {
  const connection = new DatabaseSync(file, {
    readOnly: true,
    timeout: busyMilliseconds,
    enableDoubleQuotedStringLiterals: false,
    defensive: true,
  })
  connection.exec('pragma trusted_schema = off')
  const dialect = new SqliteDialect({ database: strictSqlite(connection) })
  return { connection, database: new Kysely<Database>({ dialect }) }
}

/** SQLite gives the files beside the database its own permissions. */
function makePrivate(home: string, file: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
}

function patiently(step: () => void): void {
  const deadline = Date.now() + busyMilliseconds
  for (;;) {
    try {
      step()
      return
    } catch (error) {
      if (failureOf(error).kind !== 'storage_busy' || Date.now() > deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}
