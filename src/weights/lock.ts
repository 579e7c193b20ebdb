/**
 * Locks between processes, held by the kernel: each is an exclusive transaction on an empty SQLite file. When its owner
 * dies, however it dies, the kernel lets go; there is no stale lock to detect and no age to guess.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

const pollMilliseconds = 100
const busy = 5 // SQLITE_BUSY

export interface Lock extends AsyncDisposable {
  /** Somebody else had it first. */
  readonly waited: boolean
}

/**
 * Waits until this process holds the lock at `path`. The file stays: removing it would let two hold it.
 *
 * @param onWait called once with the process id of the owner (null when unknown) when the lock is taken
 */
export async function acquireLock(
  path: string,
  { signal, onWait }: { signal?: AbortSignal; onWait?: (owner: number | null) => void } = {},
): Promise<Lock> {
  const owner = `${path}.owner`
  for (let waited = false; ; waited = true) {
    signal?.throwIfAborted()
    const held = tryLock(path)
    if (held !== null) {
      await writeFile(owner, String(process.pid))
      return {
        waited,
        async [Symbol.asyncDispose]() {
          await rm(owner, { force: true })
          held.close()
        },
      }
    }
    if (!waited) onWait?.(await ownerOf(owner))
    await sleep(pollMilliseconds, undefined, signal === undefined ? {} : { signal })
  }
}

/** The lock if nobody has it, else null. */
export function tryLock(path: string): { close(): void } | null {
  const database = new DatabaseSync(path)
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === busy) return null
    throw error
  }
}

async function ownerOf(path: string): Promise<number | null> {
  try {
    return Number.parseInt(await readFile(path, 'utf8'), 10) || null
  } catch {
    return null
  }
}
