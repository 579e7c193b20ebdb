import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { expect, test } from 'vitest'
import { accessChangesBetween, announceAccess, keptChanges } from './access-changes.ts'
import { migrate } from './migrations.ts'
import type { Database } from './schema.ts'
import { strictSqlite } from './strict-sqlite.ts'
import { announce } from './versions.ts'

async function empty(): Promise<Kysely<Database>> {
  const connection = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true })
  const database = new Kysely<Database>({
    dialect: new SqliteDialect({ database: strictSqlite(connection) }),
  })
  await migrate(database, { strict: true }, 1)
  return database
}

test('a change that does not say whom it is about makes all of them untold', async () => {
  const database = await empty()
  const one = await announceAccess(database, [{ kind: 'person', id: 'a' }])
  const two = await announceAccess(database, [
    { kind: 'person', id: 'a' },
    { kind: 'session', id: 's' },
  ])
  expect(await accessChangesBetween(database, one - 1, two)).toEqual([
    { kind: 'person', id: 'a' },
    { kind: 'session', id: 's' },
  ])
  const silent = await announce(database, 'access')
  const three = await announceAccess(database, [{ kind: 'person', id: 'b' }])
  expect(await accessChangesBetween(database, one, three)).toBeNull()
  expect(await accessChangesBetween(database, silent, three)).toEqual([{ kind: 'person', id: 'b' }])
})

test('what is kept of changes is bounded, and who is further behind is told so', async () => {
  const database = await empty()
  let last = 0
  for (let count = 0; count < keptChanges + 250; count++)
    last = await announceAccess(database, [{ kind: 'key', id: `k${count}` }])
  const rows = await database.selectFrom('access_changes').selectAll().execute()
  expect(rows.length).toBeLessThanOrEqual(keptChanges + 100)
  expect(await accessChangesBetween(database, last - keptChanges - 1, last)).toBeNull()
  expect(await accessChangesBetween(database, last - 4000, last)).toHaveLength(4000)
})
