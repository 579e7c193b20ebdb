/**
 * Every change of the tables, in order. A migration that was released is never edited: the next one mends it.
 *
 * Kysely's own migrator takes no lock on SQLite, and two processes may open a new home at the same moment; this one
 * runs inside a transaction that its caller holds.
 */
import { sql, type Kysely } from 'kysely'
import { access } from './migrations/0001-access.ts'
import { kept } from './migrations/0002-kept.ts'
import { organisations } from './migrations/0010-organisations.ts'
import { quotas } from './migrations/0011-quotas.ts'
import { acceptances } from './migrations/0013-acceptances.ts'
import { signIn } from './migrations/0020-sign-in.ts'
import { guardVerdicts } from './migrations/0040-guard-verdicts.ts'
import { usage } from './migrations/0060-usage.ts'
import { audit } from './migrations/0050-audit.ts'
import { incidents } from './migrations/0061-incidents.ts'
import { insight } from './migrations/0062-insight.ts'
import { standingMigrations } from './migrations/standing-migrations.ts'
import { auditContent } from './migrations/0051-audit-content.ts'
import { table, whole, type Migration, type TableOptions } from './migrations/migration.ts'
import type { Database } from './schema.ts'

/** Thrown when the database has a migration that this version does not know. */
export class NewerSchema extends Error {
  readonly migration: string
  constructor(migration: string) {
    super(`unknown migration ${migration}`)
    this.migration = migration
  }
}

/** In the order in which they are applied. */
export const migrations: readonly Migration[] = [
  access,
  kept,
  organisations,
  quotas,
  acceptances,
  signIn,
  ...standingMigrations,
  guardVerdicts,
  audit,
  auditContent,
  usage,
  incidents,
  insight,
]

/**
 * Brings the tables to `target`, the newest migration when not given, none when null. The caller holds a transaction.
 *
 * @throws NewerSchema with nothing changed.
 */
export async function migrate(
  database: Kysely<Database>,
  options: TableOptions,
  now: number,
  target: string | null = migrations.at(-1)?.name ?? null,
): Promise<void> {
  await table(database, 'migrations', options)
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('applied_at', whole(options), (column) => column.notNull())
    .execute()
  const rows = await database.selectFrom('migrations').select('name').orderBy('name').execute()
  const applied = new Set(rows.map(({ name }) => name))
  const foreign = rows.find(({ name }) => !migrations.some((known) => known.name === name))
  if (foreign !== undefined) throw new NewerSchema(foreign.name)

  const wanted = target === null ? 0 : migrations.findIndex(({ name }) => name === target) + 1
  for (const migration of migrations.slice(0, wanted)) {
    if (applied.has(migration.name)) continue
    await migration.up(database, options)
    if (!options.strict) await sortByCodePoints(database)
    await database.insertInto('migrations').values({ name: migration.name, applied_at: now }).execute()
  }
  for (const migration of migrations.slice(wanted).toReversed()) {
    if (!applied.has(migration.name)) continue
    await migration.down(database)
    await database.deleteFrom('migrations').where('name', '=', migration.name).execute()
  }
}

/** SQLite sorts text by its bytes; Postgres sorts as the database was made, unless columns say otherwise. */
async function sortByCodePoints(database: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as "table", column_name as "column" from information_schema.columns
    where table_schema = current_schema() and data_type = 'text' and collation_name is null`.execute(database)
  for (const { table, column } of rows) {
    await sql`alter table ${sql.table(table)} alter column ${sql.ref(column)} type text collate "C"`.execute(
      database,
    )
  }
}
