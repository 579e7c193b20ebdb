import type { EntryId } from '../core/ids.ts'

interface IncidentsTable {
  id: string
  created_at: number
  version: number
  /** JSON */
  content: string
}

interface SignsTable {
  entry_id: EntryId
  at: number
  /** A keyed hash. */
  person: string
  fingerprint: string | null
  /** Separated by spaces. */
  hazards: string
  attack: number
  blocked: number
}

/** One row: the key of fingerprints and of people. */
interface SignKeysTable {
  id: number
  key: string
}

export interface MonitoringTables {
  incidents: IncidentsTable
  signs: SignsTable
  sign_keys: SignKeysTable
}
