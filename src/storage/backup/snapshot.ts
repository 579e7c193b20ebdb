import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { elpisError } from '../../errors.ts'
import { failureOf } from '../classify.ts'
import { errorOf } from '../failure.ts'
import { addressShown } from '../postgres/address.ts'
import type { StoragePlace } from '../storage.ts'
import { strictSqlite } from '../strict-sqlite.ts'
import { quoted } from './quoted.ts'
import type { TableColumns } from './tables.ts'

export type Row = readonly unknown[]

/** A database at one moment, whatever is written meanwhile. */
export interface Snapshot {
  readonly from: 'sqlite' | 'postgres'
  readonly migrations: readonly string[]
  rows(table: TableColumns): AsyncIterable<Row>
  close(): Promise<void>
}

/** @throws `backup_empty`, what storage throws */
export async function openSnapshot({ home, storage }: StoragePlace): Promise<Snapshot> {
  const url = storage?.url ?? ''
  const shown = url === '' ? join(home, 'elpis.db') : addressShown(url)
  const snapshot = url === '' ? openSqliteSnapshot(shown) : await openPostgresSnapshot(url)
  if (snapshot !== null) return snapshot
  throw elpisError('backup_empty', { database: shown })
}

function openSqliteSnapshot(file: string): Snapshot | null {
  if (!existsSync(file)) return null
  let connection: DatabaseSync | null = null
  try {
    connection = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
    const opened = connection
    const reader = strictSqlite(opened)
    // A reader sees what was there at its first query until it ends its transaction (WAL); writers go on.
    opened.exec('begin')
    const has = "select name from sqlite_schema where type = 'table' and name = 'migrations'"
    if (reader.prepare(has).all([]).length === 0) {
      opened.close()
      return null
    }
    const names = reader.prepare('select name from migrations order by name').all([]) as { name: string }[]
    return {
      from: 'sqlite',
      migrations: names.map(({ name }) => name),
      async *rows({ name, columns }) {
        const query = reader.prepare(`select ${columns.map(quoted).join(', ')} from ${quoted(name)}`)
        for (const row of query.iterate([])) yield Object.values(row as Record<string, unknown>)
      },
      close: async () => opened.close(),
    }
  } catch (error) {
    connection?.close()
    throw errorOf(failureOf(error), file)
  }
}

async function openPostgresSnapshot(url: string): Promise<Snapshot | null> {
  const { postgresSnapshot } = await import('../postgres/snapshot.ts')
  return await postgresSnapshot(url)
}
