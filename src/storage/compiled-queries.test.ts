import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql, SqliteDialect } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { CompiledQueries } from './compiled-queries.ts'
import type { Database } from './schema.ts'
import { strictSqlite } from './strict-sqlite.ts'

function opened(): Kysely<Database> {
  const connection = new DatabaseSync(':memory:')
  onTestFinished(() => connection.close())
  return new Kysely<Database>({ dialect: new SqliteDialect({ database: strictSqlite(connection) }) })
}

test('a query is built once, and runs with the parameters that it is given', async () => {
  const database = opened()
  const queries = new CompiledQueries(database)
  let built = 0
  const sum = (one: number, other: number) =>
    queries.run<{ sum: number }>('sum', [one, other], () => {
      built++
      return sql<{ sum: number }>`select ${one} + ${other} as sum`.compile(database)
    })
  expect((await sum(1, 2)).rows).toEqual([{ sum: 3 }])
  expect((await sum(40, 2)).rows).toEqual([{ sum: 42 }])
  expect(built).toBe(1)
})

test('refuses another number of parameters than it was built with', async () => {
  const database = opened()
  const queries = new CompiledQueries(database)
  const build = () => sql`select ${1}`.compile(database)
  await queries.run('one', [1], build)
  await expect(queries.run('one', [1, 2], build)).rejects.toThrow('one takes 1 parameters, not 2.')
})
