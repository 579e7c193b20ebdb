import { join } from 'node:path'
import type { StoragePlace } from '../storage.ts'
import type { BackupSummary } from './format.ts'
import { readBackup } from './read-backup.ts'
import { FilesDraft } from './restored-files.ts'
import { restoreSqlite } from './restore-sqlite.ts'

export interface Restoring {
  readonly place: StoragePlace
  readonly file: string
  /** Replace what is there. */
  readonly force: boolean
  readonly now: number
}

/**
 * Puts a backup in the place of the database and of the files beside it. It is read to its end before anything is
 * touched, and what was there goes only once all of it is in place. No server may run; whoever calls this holds the home.
 *
 * @throws `backup_invalid`, `backup_newer`, `restore_occupied`, `home_in_use`, what storage throws
 */
export async function restoreBackup(restoring: Restoring): Promise<BackupSummary> {
  const { place, file } = restoring
  const summary = await readBackup(file, {})
  const files = new FilesDraft(join(place.home, 'files'))
  try {
    if (place.storage === undefined || place.storage.url === '') await restoreSqlite(restoring, files)
    else {
      const { restorePostgres } = await import('../postgres/restore.ts')
      await restorePostgres(restoring, place.storage.url, files)
    }
    return summary
  } catch (error) {
    await files.discard()
    throw error
  }
}
