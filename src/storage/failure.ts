/** What can go wrong with the database, as it travels from the storage worker to whoever asked. */
import { elpisError } from '../errors.ts'

/** `kind` is one of the table's codes, or `thrown` for what no user can cause. */
export interface StorageFailure {
  readonly kind:
    | 'storage_corrupt'
    | 'storage_newer'
    | 'storage_unwritable'
    | 'storage_full'
    | 'storage_busy'
    | 'storage_failed'
    | 'storage_unreachable'
    | 'thrown'
  readonly reason: string
  readonly stack: string | null
}

/** The error that is thrown to whoever asked. */
export function errorOf({ kind, reason, stack }: StorageFailure, file: string): Error {
  switch (kind) {
    case 'storage_newer':
      return elpisError(kind, { file, migration: reason })
    case 'storage_full':
    case 'storage_busy':
      return elpisError(kind, { file })
    case 'storage_corrupt':
    case 'storage_unwritable':
    case 'storage_failed':
    case 'storage_unreachable':
      return elpisError(kind, { file, reason })
    case 'thrown': {
      const error = new Error(reason)
      // Where it happened in the worker; the stack of this thread would only show the message loop.
      if (stack !== null) error.stack = stack
      return error
    }
    default:
      return kind satisfies never
  }
}
