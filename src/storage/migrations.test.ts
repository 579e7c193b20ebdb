import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { migrate, migrations } from './migrations.ts'
import type { Database } from './schema.ts'
import { strictSqlite } from './strict-sqlite.ts'

function fresh() {
  const connection = new DatabaseSync(':memory:')
  const database = new Kysely<Database>({
    dialect: new SqliteDialect({ database: strictSqlite(connection) }),
  })
  onTestFinished(() => connection.close())
  const shape = () =>
    connection
      .prepare("select name, sql from sqlite_schema where name not like 'sqlite_%' order by name")
      .all()
      .map((row) => [row['name'], row['sql']])
  const to = (target?: string | null) => migrate(database, { strict: true }, 1, target)
  return { connection, shape, to }
}

test('names are in order and used once', () => {
  const names = migrations.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)].toSorted())
})

test('going up twice changes nothing the second time', async () => {
  const { shape, to } = fresh()
  await to()
  const once = shape()
  await to()
  expect(shape()).toEqual(once)
})

test('every step down undoes its step up exactly', async () => {
  const { shape, to } = fresh()
  const shapes = [await to(null).then(shape)]
  for (const { name } of migrations) shapes.push(await to(name).then(shape))
  for (const { name } of migrations.toReversed()) {
    expect(shape()).toEqual(shapes.pop())
    const index = migrations.findIndex((migration) => migration.name === name)
    await to(migrations[index - 1]?.name ?? null)
  }
  expect(shape()).toEqual(shapes.pop())
})

test('a migration that fails leaves nothing behind once its transaction is rolled back', async () => {
  const { connection, shape, to } = fresh()
  connection.exec('create table sessions (mine integer)')
  const before = shape()
  connection.exec('begin immediate')
  await expect(to()).rejects.toThrow('already exists')
  connection.exec('rollback')
  expect(shape()).toEqual(before)
})

test('columns refuse what is of another type', async () => {
  const { connection, to } = fresh()
  await to()
  const insert = "insert into keys (id, name, prefix, hash, created_at) values ('a', 'b', 'c', 'd', 'soon')"
  expect(() => connection.exec(insert)).toThrow('cannot store TEXT value in INTEGER column')
})

test('a key that was there before organisations belongs to the home one, as a member, unnarrowed', async () => {
  const { connection, to } = fresh()
  await to('0002-kept')
  connection.exec("insert into keys (id, name, prefix, hash, created_at) values ('a', 'b', 'c', 'd', 1)")
  await to()
  expect(
    connection.prepare('select organisation_id, person_id, role, expires_at, limits from keys').get(),
  ).toEqual({ organisation_id: 'org_home', person_id: null, role: 'member', expires_at: null, limits: '{}' })
})
