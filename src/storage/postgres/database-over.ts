import { Kysely, PostgresDialect } from 'kysely'
import type { Database } from '../schema.ts'
import type { OneConnection } from './connection.ts'

/** Queries over one connection. */
export function databaseOver(connection: OneConnection): Kysely<Database> {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: connection }) })
}
