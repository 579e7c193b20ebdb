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
import { egress } from './migrations/0064-egress.ts'
import { keyChanges } from './migrations/0063-key-changes.ts'
import { accessChanges } from './migrations/0066-access-changes.ts'
import { inForce } from './migrations/0067-in-force.ts'
import { keptSubjects } from './migrations/0068-kept-subjects.ts'
import { noticesSeen } from './migrations/0070-notices-seen.ts'
import { sightingsKey } from './migrations/0065-sightings-key.ts'
import { standingMigrations } from './migrations/standing-migrations.ts'
import { auditContent } from './migrations/0051-audit-content.ts'
import { auditCounts } from './migrations/0052-audit-counts.ts'
import { auditUnsampled } from './migrations/0053-audit-unsampled.ts'
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
  auditCounts,
  auditUnsampled,
  usage,
  incidents,
  insight,
  keyChanges,
  egress,
  sightingsKey,
  accessChanges,
  inForce,
  keptSubjects,
  noticesSeen,
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
  const applied = new Set(await appliedMigrations(database, options))
  const wanted = target === null ? 0 : migrations.findIndex(({ name }) => name === target) + 1
  for (const migration of migrations.slice(0, wanted)) {
    if (!applied.has(migration.name)) await up(migration, database, options, now)
  }
  for (const migration of migrations.slice(wanted).toReversed()) {
    if (!applied.has(migration.name)) continue
    await migration.down(database, options)
    await database.deleteFrom('migrations').where('name', '=', migration.name).execute()
  }
}

/**
 * Makes the tables that these migrations make, in a database without any, for rows of a database that has had just
 * these.
 *
 * @throws NewerSchema with nothing changed.
 */
export async function migrateFresh(
  database: Kysely<Database>,
  options: TableOptions,
  now: number,
  names: readonly string[],
): Promise<void> {
  requireKnown(names)
  await appliedMigrations(database, options)
  for (const migration of migrations.filter(({ name }) => names.includes(name))) {
    await up(migration, database, options, now)
  }
}

async function appliedMigrations(database: Kysely<Database>, options: TableOptions): Promise<string[]> {
  await table(database, 'migrations', options)
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('applied_at', whole(options), (column) => column.notNull())
    .execute()
  const rows = await database.selectFrom('migrations').select('name').orderBy('name').execute()
  const names = rows.map(({ name }) => name)
  requireKnown(names)
  return names
}

function requireKnown(names: readonly string[]): void {
  const foreign = names.find((name) => !migrations.some((known) => known.name === name))
  if (foreign !== undefined) throw new NewerSchema(foreign)
}

async function up(
  migration: Migration,
  database: Kysely<Database>,
  options: TableOptions,
  now: number,
): Promise<void> {
  const others = options.strict ? [] : await textColumns(database)
  await migration.up(database, options)
  if (!options.strict) await sortByCodePoints(database, others)
  await database.insertInto('migrations').values({ name: migration.name, applied_at: now }).execute()
}

/** SQLite sorts text by its bytes; Postgres sorts as the database was made, unless columns say otherwise. */
async function sortByCodePoints(database: Kysely<Database>, others: readonly Column[]): Promise<void> {
  for (const { table, column } of await textColumns(database)) {
    // Not ours to change: the database may hold tables of somebody else.
    if (others.some((other) => other.table === table && other.column === column)) continue
    await sql`alter table ${sql.table(table)} alter column ${sql.ref(column)} type text collate "C"`.execute(
      database,
    )
  }
}

interface Column {
  readonly table: string
  readonly column: string
}

/** Those that sort as the database was made. */
async function textColumns(database: Kysely<Database>): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select table_name as "table", column_name as "column" from information_schema.columns
    where table_schema = current_schema() and data_type = 'text' and collation_name is null`.execute(database)
  return rows
}
