import type { StorageFailure } from './failure.ts'
import { NewerSchema } from './migrations.ts'

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html); the low byte of an extended one. */
const kinds: Readonly<Record<number, StorageFailure['kind']>> = {
  3: 'storage_unwritable', // PERM
  5: 'storage_busy', // BUSY
  6: 'storage_busy', // LOCKED
  8: 'storage_unwritable', // READONLY
  10: 'storage_failed', // IOERR
  11: 'storage_corrupt', // CORRUPT
  13: 'storage_full', // FULL
  14: 'storage_unwritable', // CANTOPEN
  26: 'storage_corrupt', // NOTADB
}

const systemKinds: Readonly<Record<string, StorageFailure['kind']>> = {
  ENOSPC: 'storage_full',
  EDQUOT: 'storage_full',
  EIO: 'storage_failed',
}

/** What kind of failure an error of SQLite or of the file system is; `thrown` when it is neither. */
export function failureOf(error: unknown): StorageFailure {
  const { message, stack = null } = error instanceof Error ? error : new Error(String(error))
  if (error instanceof NewerSchema) return { kind: 'storage_newer', reason: error.migration, stack }
  const { errcode, errno, code } = error as { errcode?: number; errno?: number; code?: string }
  const kind =
    errcode !== undefined
      ? kinds[errcode & 0xff]
      : errno === undefined
        ? undefined
        : (systemKinds[code ?? ''] ?? 'storage_unwritable')
  return { kind: kind ?? 'thrown', reason: message.replace(/\.$/, ''), stack }
}
