/** What every migration is made with. */
import { sql, type CreateTableBuilder, type Kysely } from 'kysely'
import type { Database } from '../schema.ts'

export interface Migration {
  readonly name: string
  up(database: Kysely<Database>, tables: TableOptions): Promise<void>
  down(database: Kysely<Database>, tables: TableOptions): Promise<void>
}

/** What differs between databases when a table is made. */
export interface TableOptions {
  /** SQLite checks the types of columns in STRICT tables only; others always do. */
  readonly strict: boolean
}

/** Begins a table, made STRICT where the database knows that (SQLite). The caller adds columns and executes it. */
export function table(
  database: Kysely<Database>,
  name: string,
  { strict }: TableOptions,
): CreateTableBuilder<string> {
  const builder = database.schema.createTable(name)
  return strict ? builder.modifyEnd(sql`strict`) : builder
}

/** A column of bytes: `Uint8Array`. @public */
export function bytes({ strict }: TableOptions): 'blob' | 'bytea' {
  return strict ? 'blob' : 'bytea'
}

/** A column of numbers that are not whole. @public */
export function real({ strict }: TableOptions): 'real' | 'double precision' {
  return strict ? 'real' : 'double precision'
}

/** Epoch milliseconds need 8 bytes: SQLite's `integer` has them, elsewhere that is a `bigint`. */
export function whole({ strict }: TableOptions): 'integer' | 'bigint' {
  return strict ? 'integer' : 'bigint'
}
