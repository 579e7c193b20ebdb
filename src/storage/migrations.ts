/**
 * Every change of the tables, in order. A migration that was released is never edited: the next one mends it.
 *
 * Kysely's own migrator takes no lock on SQLite, and two processes may open a new home at the same moment; this one
 * runs inside a transaction that its caller holds.
 */
import { sql, type CreateTableBuilder, type Kysely } from 'kysely'
import type { Database } from './schema.ts'

interface Migration {
  readonly name: string
  up(database: Kysely<Database>, tables: TableOptions): Promise<void>
  down(database: Kysely<Database>): Promise<void>
}

/** What differs between databases when a table is made. */
export interface TableOptions {
  /** SQLite checks the types of columns in STRICT tables only; others always do. */
  readonly strict: boolean
}

/** Thrown when the database has a migration that this version does not know. */
export class NewerSchema extends Error {
  readonly migration: string
  constructor(migration: string) {
    super(`unknown migration ${migration}`)
    this.migration = migration
  }
}

const access: Migration = {
  name: '0001-access',
  async up(database, options) {
    await table(database, 'keys', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('prefix', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull().unique())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('last_used_at', whole(options))
      .addColumn('revoked_at', whole(options))
      .execute()
    await table(database, 'sessions', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('hash', 'text', (column) => column.notNull().unique())
      .addColumn('key_id', 'text', (column) => column.references('keys.id').onDelete('cascade'))
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .execute()
    await database.schema.createIndex('sessions_key_id').on('sessions').column('key_id').execute()
    await database.schema.createIndex('sessions_expires_at').on('sessions').column('expires_at').execute()
    await table(database, 'sign_in_links', options)
      .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .execute()
    await table(database, 'versions', options)
      .addColumn('topic', 'text', (column) => column.primaryKey().notNull())
      .addColumn('version', whole(options), (column) => column.notNull())
      .execute()
    await database.insertInto('versions').values({ topic: 'access', version: 0 }).execute()
  },
  async down(database) {
    for (const name of ['versions', 'sign_in_links', 'sessions', 'keys']) {
      await database.schema.dropTable(name).execute()
    }
  },
}

/** What clients leave here: answers to build on, files, batches. */
const kept: Migration = {
  name: '0002-kept',
  async up(database, options) {
    await table(database, 'responses', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('previous_id', 'text')
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .addColumn('bytes', whole(options), (column) => column.notNull())
      .addColumn('content', 'text', (column) => column.notNull())
      .execute()
    await table(database, 'files', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('bytes', whole(options), (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .addColumn('blob', 'text', (column) => column.notNull().unique())
      .execute()
    await table(database, 'batches', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('input_file', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .addColumn('reached', 'text', (column) => column.notNull())
      .addColumn('total', whole(options), (column) => column.notNull())
      .addColumn('completed', whole(options), (column) => column.notNull())
      .addColumn('failed', whole(options), (column) => column.notNull())
      .addColumn('output_blob', 'text', (column) => column.notNull())
      .addColumn('error_blob', 'text', (column) => column.notNull())
      .addColumn('output_file', 'text')
      .addColumn('error_file', 'text')
      .addColumn('failure', 'text')
      .addColumn('metadata', 'text')
      .execute()
    for (const [name, owner] of [
      ['responses', 'account'],
      ['files', 'account'],
      ['batches', 'key_id'],
    ] as const) {
      const index = database.schema.createIndex(`${name}_${owner}`).on(name)
      await index.columns([owner, 'created_at', 'id']).execute()
    }
    await database.schema.createIndex('responses_expires_at').on('responses').column('expires_at').execute()
    await database.schema.createIndex('batches_status').on('batches').column('status').execute()
  },
  async down(database) {
    for (const name of ['batches', 'files', 'responses']) await database.schema.dropTable(name).execute()
  },
}

/** In the order in which they are applied. */
export const migrations: readonly Migration[] = [access, kept]

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
    await database.insertInto('migrations').values({ name: migration.name, applied_at: now }).execute()
  }
  for (const migration of migrations.slice(wanted).toReversed()) {
    if (!applied.has(migration.name)) continue
    await migration.down(database)
    await database.deleteFrom('migrations').where('name', '=', migration.name).execute()
  }
}

function table(
  database: Kysely<Database>,
  name: string,
  { strict }: TableOptions,
): CreateTableBuilder<string> {
  const builder = database.schema.createTable(name)
  return strict ? builder.modifyEnd(sql`strict`) : builder
}

/** Epoch milliseconds need 8 bytes: SQLite's `integer` has them, elsewhere that is a `bigint`. */
function whole({ strict }: TableOptions): 'integer' | 'bigint' {
  return strict ? 'integer' : 'bigint'
}
