/**
 * The storage worker: holds the one connection that writes, so that a slow disk never stops the server's loop. Another of
 * its kind answers surveys, so that those stop no other call.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { failureOf } from './classify.ts'
import { commitTogether } from './group-commit.ts'
import { openSqlite, openSqliteForSurveys, type OpenDatabase } from './open-sqlite.ts'
import { SeenVersions } from './seen-versions.ts'
import { readings, storesOver, surveys } from './stores.ts'
import { watchVersion } from './version-watch.ts'
import { takeAnnounced } from './versions.ts'
import type { CloseCall, FromWorker, Reply, StoreCall, ToWorker, WorkerSettings } from './worker-protocol.ts'

/** Calls after which nothing of what they deleted may be left in the files. */
const destroying: ReadonlySet<string> = new Set([
  'subjects.erase',
  'directory.removePerson',
  'directory.removeOrganisation',
])

/** Bounds how long the first call of a commit waits for the others. */
const mostCallsPerCommit = 512

const port = parentPort
if (port === null) throw new Error('The storage worker runs in a worker thread only.')
const tell = (message: FromWorker) => port.postMessage(message)

try {
  const { home, file, surveys: onlySurveys } = workerData as WorkerSettings
  if (onlySurveys) serve(openSqliteForSurveys(file))
  else {
    const opened = await openSqlite(home, file, Date.now())
    const seen = new SeenVersions()
    serve(opened, seen, watchVersion(opened, seen, tell))
  }
  tell({ type: 'opened' })
} catch (error) {
  tell({ type: 'not-opened', failure: failureOf(error) })
  port.close()
}

function serve(
  { connection, database }: OpenDatabase,
  seen: SeenVersions | null = null,
  stopWatching = () => {},
): void {
  const call = storesOver(database)
  const waiting: (StoreCall | CloseCall)[] = []
  let draining = false

  port?.on('message', (asked: ToWorker) => {
    waiting.push(...asked)
    if (!draining) void drain()
  })

  async function drain(): Promise<void> {
    draining = true
    for (;;) {
      // Lets in everything that arrived while the last commit waited for the disk.
      await nextTurn()
      const last = waiting.findIndex(({ type }) => type === 'close')
      const calls = waiting.splice(0, Math.min(last === -1 ? waiting.length : last, mostCallsPerCommit))
      if (calls.length > 0) {
        const asked = calls.filter((call) => call.type === 'call')
        await commit(asked.filter(isReading), 'begin')
        await commit(
          asked.filter((call) => !isReading(call)),
          'begin immediate',
        )
      } else if (last === 0) return close()
      else break
    }
    draining = false
  }

  async function commit(calls: readonly StoreCall[], begin: 'begin' | 'begin immediate'): Promise<void> {
    if (calls.length === 0) return
    const outcomes = await commitTogether(
      connection,
      calls.map(
        ({ store, method, parameters }) =>
          () =>
            call(store, method, parameters),
      ),
      // What was undone announced nothing.
      { begin, undone: () => void takeAnnounced(database) },
    )
    // What was undone alone may have announced something: then it is told as if others had done it.
    const announced = takeAnnounced(database)
    if (outcomes.every(({ ok }) => ok)) seen?.mine(announced)
    const replies = outcomes.map((outcome, index): Reply => {
      const id = calls[index]?.id ?? -1
      return outcome.ok
        ? { id, ok: true, value: outcome.value }
        : { id, ok: false, failure: failureOf(outcome.error) }
    })
    if (calls.some(({ store, method }) => destroying.has(`${store}.${method}`))) scrub()
    tell({ type: 'replies', replies })
  }

  /** Copies of deleted pages are in the log of writes until it is cut; whoever reads just now may delay that. */
  function scrub(): void {
    connection.exec('pragma wal_checkpoint(truncate)')
  }

  function close(): void {
    stopWatching()
    connection.close()
    port?.close()
  }
}

function isReading({ store, method }: StoreCall): boolean {
  return readings.has(`${store}.${method}`) || surveys.has(`${store}.${method}`)
}
