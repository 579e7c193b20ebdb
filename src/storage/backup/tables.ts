import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { migrateFresh } from '../migrations.ts'
import type { Database } from '../schema.ts'
import { strictSqlite } from '../strict-sqlite.ts'

export interface TableColumns {
  readonly name: string
  readonly columns: readonly string[]
}

/**
 * The tables that a database has after these migrations, with their columns, told by making them: a database may hold
 * tables of somebody else as well.
 *
 * @throws NewerSchema
 */
export async function tablesAfter(migrations: readonly string[]): Promise<TableColumns[]> {
  const connection = new DatabaseSync(':memory:')
  try {
    const database = new Kysely<Database>({
      dialect: new SqliteDialect({ database: strictSqlite(connection) }),
    })
    await migrateFresh(database, { strict: true }, 0, migrations)
    const tables = connection
      .prepare(
        `select name from sqlite_schema
         where type = 'table' and name not like 'sqlite_%' and name != 'migrations' order by name`,
      )
      .all()
      .map(({ name }) => String(name))
    const columns = connection.prepare('select name from pragma_table_info(?) order by cid')
    return tables.map((name) => ({ name, columns: columns.all(name).map((row) => String(row['name'])) }))
  } finally {
    connection.close()
  }
}
