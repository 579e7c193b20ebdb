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

/** Of all servers together. */
interface EgressHoursTable {
  /** Empty for all together. */
  account: string
  /** Since the epoch. */
  hour: number
  bytes: number
  /** The number of the batch that changed it last. */
  change: number
}

interface EgressWritersTable {
  writer: string
  /** Of its last batch. */
  number: number
  hour: number
}

/** One row. */
interface EgressChangesTable {
  change: number
}

export interface MonitoringTables {
  egress_hours: EgressHoursTable
  egress_writers: EgressWritersTable
  egress_changes: EgressChangesTable
  incidents: IncidentsTable
  signs: SignsTable
  sign_keys: SignKeysTable
}
