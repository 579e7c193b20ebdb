import type { ChangeListener } from '../../core/changes.ts'
import { asElpisError } from '../../errors.ts'
import { errorOf } from '../failure.ts'
import { migrate } from '../migrations.ts'
import { SeenVersions } from '../seen-versions.ts'
import type { Storage } from '../storage.ts'
import { withStores } from '../store-proxies.ts'
import { readings, surveys } from '../stores.ts'
import { addressShown } from './address.ts'
import { postgresFailure } from './classify.ts'
import { OneConnection } from './connection.ts'
import { databaseOver } from './database-over.ts'
import { beginAlone, beginReading, changesChannel, type Session } from './group-commit.ts'
import { Lane } from './lane.ts'
import { Watch } from './watch.ts'

const connectMilliseconds = 5000
const statementMilliseconds = 30_000
const lockMilliseconds = 10_000
const migrationMilliseconds = 3_600_000
/** The watch must find out well within its lease. */
const watchMilliseconds = 1000

/**
 * Opens (and migrates) a Postgres database. A process holds four connections: one for calls, one for those
 * that keep true what it holds in memory, one for surveys, one that watches.
 *
 * @throws `storage_unreachable`, `storage_newer`, `storage_unwritable`, `storage_busy`, `storage_failed`.
 */
export async function openPostgres(url: string): Promise<Storage> {
  const shown = addressShown(url)
  const seen = new SeenVersions()
  const timeouts = { connectMilliseconds, statementMilliseconds, lockMilliseconds }
  const connection = new OneConnection({ url, name: 'elpis', ...timeouts })
  const reading = new OneConnection({ url, name: 'elpis reading', ...timeouts })
  const surveying = new OneConnection({ url, name: 'elpis surveys', ...timeouts })
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
    await reading.ready()
    watch = await Watch.start({
      connection: watching,
      database: databaseOver(watching),
      seen,
      found() {
        connection.takeUp()
        reading.takeUp()
        surveying.takeUp()
      },
      changed: (topics) => listeners.forEach((listener) => listener.changed(topics)),
      lost(problem) {
        const { reason, stack } = postgresFailure(problem)
        // Whoever waits for an answer over the same wire waits in vain.
        connection.giveUp(problem)
        reading.giveUp(problem)
        surveying.giveUp(problem)
        const error = asElpisError(errorOf({ kind: 'storage_unreachable', reason, stack }, shown))
        for (const listener of listeners) listener.lost(error)
      },
    })
  } catch (error) {
    for (const each of [connection, reading, surveying, watching]) each.drop()
    throw errorOf(postgresFailure(error), shown)
  }
  const laneOver = (connection: OneConnection, begin: Session['begin']) =>
    new Lane({ connection, begin, database: databaseOver(connection), seen }, shown)
  const calls = laneOver(connection, beginAlone)
  const readingCalls = laneOver(reading, beginReading)
  const surveyCalls = laneOver(surveying, beginReading)
  const laneOf = (name: string) =>
    readings.has(name) ? readingCalls : surveys.has(name) ? surveyCalls : calls
  return withStores(
    {
      watch(listener: ChangeListener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      async close() {
        watch?.close()
        await Promise.all([calls.close(), readingCalls.close(), surveyCalls.close()])
      },
    },
    (store, method, parameters) => laneOf(`${store}.${method}`).call(store, method, parameters),
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
    await connection.run(beginAlone)
    await migrate(databaseOver(connection), { strict: false }, Date.now())
    await connection.run('commit')
  } finally {
    connection.drop()
  }
}
