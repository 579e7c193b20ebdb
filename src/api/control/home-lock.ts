import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { elpisError } from '../../errors.ts'

/**
 * Holds a home for one server. Node has no file locks, but SQLite has: an exclusive transaction on an empty file, which
 * the system ends with the process, however that dies.
 *
 * @returns a function that gives the home back, or null when another process holds it.
 */
export function lockHome(home: string): (() => void) | null {
  const file = join(home, 'server.lock')
  let lock: DatabaseSync | null = null
  try {
    lock = new DatabaseSync(file, { timeout: 0 })
    lock.exec('begin exclusive')
    return () => lock?.close()
  } catch (error) {
    lock?.close()
    const { errcode, message } = error as Error & { errcode?: number }
    if (errcode === 5) return null // SQLITE_BUSY
    throw elpisError('storage_unwritable', { file, reason: message })
  }
}
