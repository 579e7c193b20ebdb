import { everyTopic } from '../core/changes.ts'
import { failureOf } from './classify.ts'
import type { OpenDatabase } from './open-sqlite.ts'
import type { SeenVersions } from './seen-versions.ts'
import { readVersions } from './versions.ts'
import type { FromWorker } from './worker-protocol.ts'

/** A change by another process must take hold within 100 ms: this, plus reading it. */
const pollMilliseconds = 40
/** As long as knowledge of the store may be old before nobody may act on it. */
const leaseMilliseconds = 3000

/**
 * Tells when another process announced a change. SQLite's `data_version` moves when any other connection commits and
 * costs microseconds (no disk is touched), so that the table is read only then.
 *
 * @returns a function that stops it.
 */
export function watchVersion(
  { connection, database }: OpenDatabase,
  seen: SeenVersions,
  tell: (message: FromWorker) => void,
): () => void {
  const dataVersion = connection.prepare('pragma data_version')
  let seenData: unknown = null
  let readAt = performance.now()
  let lost = false

  async function look(): Promise<void> {
    try {
      const data: unknown = dataVersion.get()?.['data_version']
      if (lost || data !== seenData) {
        const changed = seen.look(await readVersions(database))
        if (lost) tell({ type: 'changed', topics: everyTopic })
        else if (changed.size > 0) tell({ type: 'changed', topics: changed })
        seenData = data
      }
      readAt = performance.now()
      lost = false
    } catch (error) {
      if (lost || performance.now() - readAt < leaseMilliseconds) return
      lost = true
      tell({ type: 'lost', failure: failureOf(error) })
    }
  }

  void look()
  const timer = setInterval(() => void look(), pollMilliseconds)
  return () => clearInterval(timer)
}
