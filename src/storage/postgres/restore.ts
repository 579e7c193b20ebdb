import { sql, type Kysely } from 'kysely'
import { elpisError, ElpisError } from '../../errors.ts'
import { valueOf } from '../backup/format.ts'
import { quoted } from '../backup/quoted.ts'
import { readBackup } from '../backup/read-backup.ts'
import type { Restoring } from '../backup/restore.ts'
import type { FilesDraft } from '../backup/restored-files.ts'
import { tablesAfter } from '../backup/tables.ts'
import { errorOf } from '../failure.ts'
import { migrate, migrateFresh } from '../migrations.ts'
import type { Database } from '../schema.ts'
import { addressShown } from './address.ts'
import { postgresFailure } from './classify.ts'
import { OneConnection } from './connection.ts'
import { databaseOver } from './database-over.ts'
import { beginAlone } from './group-commit.ts'

const longMilliseconds = 3_600_000
const mostRows = 500
const mostParameters = 30_000

/** All in one transaction: others see what was there, or all of the backup. */
export async function restorePostgres(restoring: Restoring, url: string, files: FilesDraft): Promise<void> {
  const shown = addressShown(url)
  const connection = new OneConnection({
    url,
    name: 'elpis restore',
    connectMilliseconds: 5000,
    statementMilliseconds: longMilliseconds,
    lockMilliseconds: 10_000,
  })
  const database = databaseOver(connection)
  try {
    await connection.ready()
    await connection.run('set idle_in_transaction_session_timeout = 0')
    await connection.run(beginAlone)
    await requireAlone(database, shown)
    await makeRoom(database, restoring, shown)
    await files.begin()
    await load(connection, database, restoring, files)
    await connection.run('commit')
    await files.putInPlace()
  } catch (error) {
    if (error instanceof ElpisError) throw error
    const failure = postgresFailure(error)
    throw failure.kind === 'thrown'
      ? elpisError('backup_invalid', { file: restoring.file, reason: failure.reason })
      : errorOf(failure, shown)
  } finally {
    connection.drop()
  }
}

/** Replicas have homes of their own, so that none of them has to be on this one. */
async function requireAlone(database: Kysely<Database>, shown: string): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and application_name like 'elpis%' and pid != pg_backend_pid()`.execute(
    database,
  )
  const count = rows[0]?.count ?? 0
  if (count > 0) throw elpisError('home_in_use', { holder: `${count} connections`, home: shown })
}

async function makeRoom(database: Kysely<Database>, { force, now }: Restoring, shown: string): Promise<void> {
  const { rows } = await sql<{ there: number }>`
    select to_regclass('migrations') is not null as there`.execute(database)
  if (rows[0]?.there !== 1) return
  if (!force) throw elpisError('restore_occupied', { database: shown })
  await migrate(database, { strict: false }, now, null)
  await database.schema.dropTable('migrations').execute()
}

async function load(
  connection: OneConnection,
  database: Kysely<Database>,
  { file, now }: Restoring,
  files: FilesDraft,
): Promise<void> {
  let references: readonly Reference[] = []
  await readBackup(file, {
    async header({ migrations }) {
      await migrateFresh(database, { strict: false }, now, migrations)
      const tables = (await tablesAfter(migrations)).map(({ name }) => name)
      // What a migration put there itself came along in the backup.
      for (const name of tables) await sql`delete from ${sql.table(name)}`.execute(database)
      references = await referencesOf(database, tables)
      for (const { table, name } of references) {
        await sql`alter table ${sql.table(table)} drop constraint ${sql.ref(name)}`.execute(database)
      }
    },
    async rows({ name, columns }, rows) {
      const client = await connection.connect()
      const atOnce = Math.min(mostRows, Math.floor(mostParameters / columns.length))
      for (let from = 0; from < rows.length; from += atOnce) {
        const piece = rows.slice(from, from + atOnce)
        const row = (at: number) =>
          `(${columns.map((_name, column) => `$${at * columns.length + column + 1}`).join(', ')})`
        await client.query(
          `insert into ${quoted(name)} (${columns.map(quoted).join(', ')}) values ${piece.map((_row, at) => row(at)).join(', ')}`,
          piece.flat().map(valueOf),
        )
      }
    },
    file: (name) => files.file(name),
    content: (bytes) => files.content(bytes),
  })
  // Made anew, they are checked for every row.
  for (const { table, name, definition } of references) {
    await sql`alter table ${sql.table(table)} add constraint ${sql.ref(name)} ${sql.raw(definition)}`.execute(
      database,
    )
  }
  await migrate(database, { strict: false }, now)
}

interface Reference {
  readonly table: string
  readonly name: string
  readonly definition: string
}

/** Rows come table by table, in no order that references would allow. */
async function referencesOf(database: Kysely<Database>, tables: readonly string[]): Promise<Reference[]> {
  const { rows } = await sql<Reference>`
    select tables.relname as "table", conname as "name", pg_get_constraintdef(constraints.oid) as "definition"
    from pg_constraint constraints join pg_class tables on tables.oid = constraints.conrelid
    where contype = 'f' and tables.relnamespace = current_schema()::regnamespace`.execute(database)
  return rows.filter(({ table }) => tables.includes(table))
}
