/** The tables of the transparency log. */
import type { KeptCounts, Notice } from '../audit/store.ts'
import type { Account, EntryId, SubjectName } from '../core/ids.ts'

interface AuditOpenTable {
  id: EntryId
  replica: string
  account: Account
  subject: SubjectName
  /** JSON */
  draft: string
}

interface AuditLeavesTable {
  position: number
  id: EntryId
  account: Account | null
  subject: SubjectName | null
  hash: string
  /** JSON, exactly as it was hashed. */
  body: string
}

interface AuditTilesTable {
  level: number
  number: number
  hashes: string
  root: string
}

/** One row. */
interface AuditLogTable {
  id: number
  verifier_key: string
  size: number
  checkpoint_size: number
  checkpoint: string
}

interface AuditSubjectsTable {
  subject: SubjectName
  key: string
  created_at: number
}

interface AuditReplicasTable {
  replica: string
  beat: number
}

interface AuditContentTable {
  id: EntryId
  subject: SubjectName
  expires_at: number
  box: string
}

export interface AuditTables {
  audit_counts: { -readonly [Name in keyof KeptCounts]: KeptCounts[Name] }
  audit_content: AuditContentTable
  audit_notices: { -readonly [Name in keyof Notice]: Notice[Name] }
  audit_open: AuditOpenTable
  audit_leaves: AuditLeavesTable
  audit_tiles: AuditTilesTable
  audit_log: AuditLogTable
  audit_subjects: AuditSubjectsTable
  audit_replicas: AuditReplicasTable
}
