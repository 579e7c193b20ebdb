import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { migrate, migrations } from '../src/storage/migrations.ts'
import type { Database } from '../src/storage/schema.ts'
import { openStorage, type StoragePlace } from '../src/storage/storage.ts'
import { strictSqlite } from '../src/storage/strict-sqlite.ts'
import { firstRows, firstTablesOnSqlite } from './support/first-schema.ts'
import { postgresForTests } from './support/postgres.ts'

const postgres = await postgresForTests()
const first = '0001-access'

/** A database of the first version, and what a test looks at it with. */
interface Old {
  readonly place: StoragePlace
  migrate(target?: string): Promise<void>
  /** Every table, column, index and constraint. */
  shape(): Promise<unknown>
  rows(table: string): Promise<unknown>
  run(statement: string): Promise<unknown>
}

async function oldSqlite(): Promise<Old> {
  const home = mkdtempSync(join(tmpdir(), 'elpis-upgrade-'))
  const connection = new DatabaseSync(join(home, 'elpis.db'), { enableForeignKeyConstraints: true })
  onTestFinished(() => {
    connection.close()
    rmSync(home, { recursive: true })
  })
  connection.exec(firstTablesOnSqlite + firstRows)
  const database = new Kysely<Database>({
    dialect: new SqliteDialect({ database: strictSqlite(connection) }),
  })
  const all = (text: string) => connection.prepare(text).all()
  return {
    place: { home },
    migrate: (target) => migrate(database, { strict: true }, 1, target),
    shape: async () =>
      all("select name, sql from sqlite_schema where name not like 'sqlite_%' order by name"),
    rows: async (table) => all(`select * from ${table} order by 1`),
    run: async (statement) => connection.exec(statement),
  }
}

async function oldPostgres(): Promise<Old> {
  const url = (await postgres?.emptyDatabase()) ?? ''
  const pool = new Pool({ connectionString: url, max: 1 })
  onTestFinished(() => pool.end())
  const database = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  const to = (target?: string) => migrate(database, { strict: false }, 1, target)
  const all = async (text: string) => (await pool.query(text)).rows as unknown
  await to(first)
  await pool.query(firstRows)
  return {
    place: { home: '/nowhere', storage: { url } },
    migrate: to,
    shape: async () => [
      await all(
        `select table_name, column_name, data_type, is_nullable, column_default, collation_name
         from information_schema.columns where table_schema = 'public' order by 1, 2`,
      ),
      await all("select indexdef from pg_indexes where schemaname = 'public' order by 1"),
      await all(
        `select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid)
         from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2`,
      ),
    ],
    rows: (table) => all(`select * from ${table} order by 1`),
    run: (statement) => all(statement),
  }
}

const databases = [
  { name: 'SQLite', open: oldSqlite },
  ...(postgres === null ? [] : [{ name: 'Postgres', open: oldPostgres }]),
]

describe.each(databases)('a database of the first version on $name', ({ open }) => {
  test('is opened by this one, with all that it held', async () => {
    const { place } = await open()
    const storage = await openStorage(place)
    onTestFinished(() => storage.close())
    expect((await storage.keys.list()).map(({ id, name, revokedAt }) => [id, name, revokedAt])).toEqual([
      ['key_old', 'laptop', null],
      ['key_gone', `it's "gone" ✓`, 1_700_000_000_600],
    ])
    const { sessions, links } = await storage.sessions.live(1_800_000_000_000)
    expect(sessions.map(({ id, keyId }) => [id, keyId])).toEqual([
      ['ses_key', 'key_old'],
      ['ses_owner', null],
    ])
    expect(links.map(({ hash }) => hash)).toEqual(['e'.repeat(64)])
  })

  test('says of answers that were kept before whom they are erased with', async () => {
    const old = await open()
    await old.migrate('0067-in-force')
    await old.run(`insert into people (id, organisation_id, name, role, created_at)
      values ('person_ada', 'org_home', 'Ada', 'member', 1)`)
    await old.run(`update keys set person_id = 'person_ada' where id = 'key_gone'`)
    for (const account of ['key_old', 'key_gone', 'person_ada', 'owner']) {
      await old.run(`insert into responses (id, account, created_at, expires_at, bytes, content)
        values ('resp_${account}', '${account}', 1, 2, 1, 'x')`)
    }
    await old.migrate()
    const rows = (await old.rows('responses')) as { account: string; subject: string }[]
    expect(rows.map(({ account, subject }) => [account, subject])).toEqual([
      ['key_gone', 'person:person_ada'],
      ['key_old', 'key:key_old'],
      ['owner', 'organisation:org_home'],
      ['person_ada', 'person:person_ada'],
    ])
  })

  test('can be led forward and back, step by step, and loses nothing that it held', async () => {
    const old = await open()
    const [shape, keys, sessions] = [await old.shape(), await old.rows('keys'), await old.rows('sessions')]
    const shapes: unknown[] = []
    for (const { name } of migrations) {
      shapes.push(await old.shape())
      await old.migrate(name)
    }
    for (const { name } of migrations.toReversed()) {
      if (name === first) break
      await old.migrate(migrations[migrations.findIndex((each) => each.name === name) - 1]?.name)
      expect({ name, shape: await old.shape() }).toEqual({ name, shape: shapes.at(-1) })
      shapes.pop()
    }
    expect(await old.shape()).toEqual(shape)
    expect(await old.rows('keys')).toEqual(keys)
    expect(await old.rows('sessions')).toEqual(sessions)
  })
})

test.skipIf(postgres === null)('both databases have the same tables, of the types that fit', async () => {
  const [one, other] = [await oldSqlite(), await oldPostgres()]
  await one.migrate()
  await other.migrate()
  const fitting = { INTEGER: 'bigint', TEXT: 'text', BLOB: 'bytea', REAL: 'double precision' }
  const tables = (await one.shape()) as { name: string; sql: string }[]
  const columns: string[] = []
  for (const { name, sql } of tables.filter(({ sql }) => /^create table/i.test(sql))) {
    expect(`${name}: ${sql}`).toMatch(/strict(, without rowid)?$/i)
    for (const row of (await one.rows(`pragma_table_info('${name}')`)) as { name: string; type: string }[]) {
      const type = fitting[row.type.toUpperCase() as keyof typeof fitting]
      columns.push(`${name}.${row.name} ${type}`)
    }
  }
  const theirs = ((await other.shape()) as Record<string, string>[][])[0] ?? []
  expect(
    theirs
      .map(({ table_name, column_name, data_type }) => `${table_name}.${column_name} ${data_type}`)
      .toSorted(),
  ).toEqual(columns.toSorted())
})
