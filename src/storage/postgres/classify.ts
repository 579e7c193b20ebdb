import type { StorageFailure } from '../failure.ts'
import { NewerSchema } from '../migrations.ts'
import { ConnectionLost } from './connection.ts'

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: whole codes first, then their classes. */
const kinds: Readonly<Record<string, StorageFailure['kind']>> = {
  '53100': 'storage_full', // disk_full
  '55P03': 'storage_busy', // lock_not_available
  '57014': 'storage_busy', // query_canceled: statement_timeout
  '25P03': 'storage_busy', // idle_in_transaction_session_timeout
  '42501': 'storage_unwritable', // insufficient_privilege
  '25006': 'storage_unwritable', // read_only_sql_transaction
  XX001: 'storage_corrupt', // data_corrupted
  XX002: 'storage_corrupt', // index_corrupted
  '08': 'storage_unreachable', // connection exception
  '28': 'storage_unreachable', // invalid authorization
  '3D': 'storage_unreachable', // no such database
  '53': 'storage_failed', // insufficient resources
  '57': 'storage_unreachable', // operator intervention
  '58': 'storage_failed', // system error
}

/**
 * What kind of failure an error of Postgres is, by its SQLSTATE (the whole code first, then its class); a lost
 * connection is `storage_unreachable`, anything unknown `thrown`.
 */
export function postgresFailure(error: unknown): StorageFailure {
  const { message, stack = null } = error instanceof Error ? error : new Error(String(error))
  if (error instanceof NewerSchema) return { kind: 'storage_newer', reason: error.migration, stack }
  const { code, errno } = error as { code?: string; errno?: number }
  const lost = error instanceof ConnectionLost || errno !== undefined
  const kind =
    (code === undefined ? undefined : (kinds[code] ?? kinds[code.slice(0, 2)])) ??
    (lost ? 'storage_unreachable' : 'thrown')
  return { kind, reason: (message || (code ?? 'no answer')).replace(/\.$/, ''), stack }
}

/** Two transactions were in each other's way, and this one was undone: the same calls may be made again. */
export function isRepeatable(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === '40001' || code === '40P01'
}
