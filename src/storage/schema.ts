/**
 * The tables, the same in every database: text, integers and nulls only. Times are epoch milliseconds, booleans 0 or 1.
 * `migrations.ts` makes them.
 */
import type { KeyId, SessionId, Sha256 } from '../core/ids.ts'

interface KeysTable {
  id: KeyId
  name: string
  prefix: string
  hash: Sha256
  created_at: number
  last_used_at: number | null
  revoked_at: number | null
}

interface SessionsTable {
  id: SessionId
  hash: Sha256
  /** Null: the owner's. */
  key_id: KeyId | null
  created_at: number
  expires_at: number
}

interface SignInLinksTable {
  hash: Sha256
  created_at: number
  expires_at: number
}

/** One row a topic; its number grows with every change that others must hear of. */
interface VersionsTable {
  topic: Topic
  version: number
}

interface MigrationsTable {
  name: string
  applied_at: number
}

export type Topic = 'access'

export interface Database {
  keys: KeysTable
  sessions: SessionsTable
  sign_in_links: SignInLinksTable
  versions: VersionsTable
  migrations: MigrationsTable
}
