/**
 * The tables, the same in every database: text, integers and nulls only. Times are epoch milliseconds, booleans 0 or 1.
 * `migrations.ts` makes them.
 */
import type { Method } from '../access/sign-in/sign-in.ts'
import type { Topic } from '../core/changes.ts'
import type {
  Account,
  BatchId,
  FileId,
  KeyId,
  OrganisationId,
  PersonId,
  ResponseId,
  SessionId,
  Sha256,
  SubjectName,
} from '../core/ids.ts'
import type { Meter, Period } from '../access/quotas/quota.ts'
import type { Role } from '../core/principal.ts'
import type { AccessKind } from './access-changes.ts'
import type { AuditTables } from './audit-tables.ts'
import type { BatchEndpoint, BatchStatus, FilePurpose } from '../kept/store.ts'
import type { GuardTables } from './guard-tables.ts'
import type { SignInTables } from './sign-in-tables.ts'
import type { MonitoringTables } from './monitoring-tables.ts'
import type { StandingTables } from './standing-tables.ts'
import type { UsageTables } from './usage-tables.ts'

interface KeysTable {
  id: KeyId
  name: string
  prefix: string
  hash: Sha256
  created_at: number
  last_used_at: number | null
  revoked_at: number | null
  organisation_id: OrganisationId
  person_id: PersonId | null
  role: Role
  service: number
  expires_at: number | null
  /** JSON */
  limits: string
  former_hash: Sha256 | null
  /** Version of the topic `access` at its last change. */
  revision: number
}

interface OrganisationsTable {
  id: OrganisationId
  name: string
  end_user_key: string
  created_at: number
  removed_at: number | null
}

/** Whom the change of access with this number was about. */
interface AccessChangesTable {
  revision: number
  kind: AccessKind
  id: string
}

interface AcceptancesTable {
  account: string
  document: string
  version: string
  organisation_id: OrganisationId
  person_id: PersonId | null
  key_id: KeyId | null
  accepted_at: number
}

interface QuotasTable {
  id: string
  subject: string
  organisation_id: OrganisationId | null
  model: string | null
  meter: Meter
  period: Period | null
  amount: number
  created_at: number
}

interface QuotaCountersTable {
  counter: string
  /** First moment of the period; 0 for what has none. */
  start: number
  resets_at: number
  /** Spent, or out on lease. */
  used: number
}

interface QuotaLeasesTable {
  holder: string
  counter: string
  start: number
  left_over: number
  expires_at: number
}

interface PeopleTable {
  id: PersonId
  organisation_id: OrganisationId
  name: string
  email: string | null
  role: Role
  created_at: number
  removed_at: number | null
}

interface SessionsTable {
  id: SessionId
  hash: Sha256
  /** Null: the owner's. */
  key_id: KeyId | null
  created_at: number
  expires_at: number
  person_id: PersonId | null
  method: Method | null
  agent: string | null
  network: string | null
}

interface SignInLinksTable {
  hash: Sha256
  created_at: number
  expires_at: number
}

interface ResponsesTable {
  id: ResponseId
  account: Account
  subject: SubjectName
  previous_id: ResponseId | null
  created_at: number
  expires_at: number
  bytes: number
  content: string
}

interface FilesTable {
  id: FileId
  account: Account
  subject: SubjectName
  name: string
  purpose: FilePurpose
  bytes: number
  created_at: number
  expires_at: number
  blob: string
}

interface BatchesTable {
  id: BatchId
  key_id: KeyId
  subject: SubjectName
  endpoint: BatchEndpoint
  input_file: FileId
  status: BatchStatus
  created_at: number
  expires_at: number
  /** JSON: status → time. */
  reached: string
  total: number
  completed: number
  failed: number
  output_blob: string
  error_blob: string
  output_file: FileId | null
  error_file: FileId | null
  /** JSON */
  failure: string | null
  /** JSON */
  metadata: string | null
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

export interface Database
  extends AuditTables, SignInTables, StandingTables, UsageTables, GuardTables, MonitoringTables {
  keys: KeysTable
  organisations: OrganisationsTable
  people: PeopleTable
  acceptances: AcceptancesTable
  access_changes: AccessChangesTable
  quotas: QuotasTable
  quota_counters: QuotaCountersTable
  quota_leases: QuotaLeasesTable
  sessions: SessionsTable
  sign_in_links: SignInLinksTable
  versions: VersionsTable
  responses: ResponsesTable
  files: FilesTable
  batches: BatchesTable
  migrations: MigrationsTable
}
