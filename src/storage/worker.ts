/** The storage worker: holds the one connection, so that a slow disk never stops the server's loop. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { SqlBatchStore } from './batch-store.ts'
import { failureOf } from './classify.ts'
import { SqlFileStore } from './file-store.ts'
import { commitTogether } from './group-commit.ts'
import { SqlKeyStore } from './key-store.ts'
import { openSqlite, type OpenDatabase } from './open-sqlite.ts'
import { SqlResponseStore } from './response-store.ts'
import { SqlSessionStore } from './session-store.ts'
import { watchVersion } from './version-watch.ts'
import type {
  CloseCall,
  FromWorker,
  Reply,
  StoreCall,
  Stores,
  ToWorker,
  WorkerSettings,
} from './worker-protocol.ts'

/** Bounds how long the first call of a commit waits for the others. */
const mostCallsPerCommit = 512

const port = parentPort
if (port === null) throw new Error('The storage worker runs in a worker thread only.')
const tell = (message: FromWorker) => port.postMessage(message)

try {
  const { home, file } = workerData as WorkerSettings
  serve(await openSqlite(home, file, Date.now()))
  tell({ type: 'opened' })
} catch (error) {
  tell({ type: 'not-opened', failure: failureOf(error) })
  port.close()
}

function serve({ connection, database }: OpenDatabase): void {
  const stores: Stores = {
    keys: new SqlKeyStore(database),
    sessions: new SqlSessionStore(database),
    responses: new SqlResponseStore(database),
    files: new SqlFileStore(database),
    batches: new SqlBatchStore(database),
  }
  const waiting: (StoreCall | CloseCall)[] = []
  const stopWatching = watchVersion({ connection, database }, tell)
  let draining = false

  port?.on('message', (message: ToWorker) => {
    waiting.push(message)
    if (!draining) void drain()
  })

  async function drain(): Promise<void> {
    draining = true
    for (;;) {
      // Lets in everything that arrived while the last commit waited for the disk.
      await nextTurn()
      const last = waiting.findIndex(({ type }) => type === 'close')
      const calls = waiting.splice(0, Math.min(last === -1 ? waiting.length : last, mostCallsPerCommit))
      if (calls.length > 0) await commit(calls.filter((call) => call.type === 'call'))
      else if (last === 0) return close()
      else break
    }
    draining = false
  }

  async function commit(calls: readonly StoreCall[]): Promise<void> {
    const outcomes = await commitTogether(
      connection,
      calls.map((call) => () => run(call)),
    )
    const replies = outcomes.map((outcome, index): Reply => {
      const id = calls[index]?.id ?? -1
      return outcome.ok
        ? { id, ok: true, value: outcome.value }
        : { id, ok: false, failure: failureOf(outcome.error) }
    })
    tell({ type: 'replies', replies })
  }

  async function run({ store, method, parameters }: StoreCall): Promise<unknown> {
    const methods = stores[store] as unknown as Record<string, (...parameters: unknown[]) => unknown>
    return await methods[method]?.(...parameters)
  }

  function close(): void {
    stopWatching()
    connection.close()
    port?.close()
  }
}
