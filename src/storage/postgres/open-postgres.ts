import type { ChangeListener } from '../../core/changes.ts'
import { asElpisError } from '../../errors.ts'
import { errorOf } from '../failure.ts'
import { migrate } from '../migrations.ts'
import { SeenVersions } from '../seen-versions.ts'
import type { Storage } from '../storage.ts'
import { withStores } from '../store-proxies.ts'
import { addressShown } from './address.ts'
import { postgresFailure } from './classify.ts'
import { OneConnection } from './connection.ts'
import { databaseOver } from './database-over.ts'
import { changesChannel, writersLock } from './group-commit.ts'
import { Lane } from './lane.ts'
import { Watch } from './watch.ts'

const connectMilliseconds = 5000
const statementMilliseconds = 30_000
const lockMilliseconds = 10_000
const migrationMilliseconds = 3_600_000
/** The watch must find out well within its lease. */
const watchMilliseconds = 1000

/**
 * Opens (and migrates) a Postgres database. A process holds two connections: one for all calls, one that watches.
 *
 * @throws `storage_unreachable`, `storage_newer`, `storage_unwritable`, `storage_busy`, `storage_failed`.
 */
export async function openPostgres(url: string): Promise<Storage> {
  const shown = addressShown(url)
  const seen = new SeenVersions()
  const connection = new OneConnection({
    url,
    name: 'elpis',
    connectMilliseconds,
    statementMilliseconds,
    lockMilliseconds,
  })
  const watching = new OneConnection({
    url,
    name: 'elpis watch',
    connectMilliseconds: watchMilliseconds,
    statementMilliseconds: watchMilliseconds,
    lockMilliseconds: watchMilliseconds,
    begin: `listen ${changesChannel};`,
    onNotification: () => watch?.hint(),
  })
  const listeners = new Set<ChangeListener>()
  let watch: Watch | null = null
  try {
    await migrateAlone(url)
    await connection.ready()
    watch = await Watch.start({
      connection: watching,
      database: databaseOver(watching),
      seen,
      found: () => connection.takeUp(),
      changed: (topics) => listeners.forEach((listener) => listener.changed(topics)),
      lost(problem) {
        const { reason, stack } = postgresFailure(problem)
        // Whoever waits for an answer over the same wire waits in vain.
        connection.giveUp(problem)
        const error = asElpisError(errorOf({ kind: 'storage_unreachable', reason, stack }, shown))
        for (const listener of listeners) listener.lost(error)
      },
    })
  } catch (error) {
    connection.drop()
    watching.drop()
    throw errorOf(postgresFailure(error), shown)
  }
  const lane = new Lane({ connection, database: databaseOver(connection), seen }, shown)
  return withStores(
    {
      watch(listener: ChangeListener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      async close() {
        watch?.close()
        await lane.close()
      },
    },
    (store, method, parameters) => lane.call(store, method, parameters),
  )
}

/** Replicas that start together wait for the one that migrates, however long that takes. */
async function migrateAlone(url: string): Promise<void> {
  const connection = new OneConnection({
    url,
    name: 'elpis migrate',
    connectMilliseconds,
    statementMilliseconds: migrationMilliseconds,
    lockMilliseconds: migrationMilliseconds,
  })
  try {
    await connection.ready()
    await connection.run(`begin; select pg_advisory_xact_lock(${writersLock})`)
    await migrate(databaseOver(connection), { strict: false }, Date.now())
    await connection.run('commit')
  } finally {
    connection.drop()
  }
}
