/** The tables of standing; as `schema.ts` has the others. */
import type { CaseId, EntryId, MeasureId, RequestId } from '../core/ids.ts'
import type { Case, CaseStep } from '../standing/case.ts'
import type { StandingEvent } from '../standing/event.ts'
import type { Rung } from '../standing/measure.ts'
import type { GraveAct } from '../standing/proposal.ts'
import type { Sighting } from '../standing/store.ts'
import type { Outcome, Review } from '../standing/review.ts'

interface CasesTable {
  id: CaseId
  /** As `targetText` writes it. */
  target: string
  state: Case['state']
  opened_at: number
  updated_at: number
}

interface CaseStepsTable {
  id: string
  case_id: CaseId
  at: number
  kind: CaseStep['kind']
  by: string
  /** JSON */
  detail: string
}

interface MeasuresTable {
  id: MeasureId
  target: string
  rung: Rung
  reason: string
  by: string
  case_id: CaseId
  created_at: number
  until: number | null
  lifted_at: number | null
  lifted_by: string | null
  lift_reason: string | null
  /** Of the topic `standing`, when it was last changed. */
  revision: number
}

interface StandingEventsTable {
  id: string
  at: number
  target: string
  organisation_id: string
  person_id: string | null
  key_id: string | null
  end_user: string | null
  network: string | null
  fingerprint: string | null
  source: StandingEvent['source']
  direction: StandingEvent['direction']
  hazard: StandingEvent['hazard']
  /** Thousandths. */
  severity: number
  attributable: number
  request_id: RequestId | null
  entry_id: EntryId | null
  note: string | null
  voided_by: string | null
}

interface StandingSightingsTable {
  day: number
  target: string
  organisation_id: string
  person_id: string | null
  /** Empty for a browser of a person or of the owner: it is part of the key, which has no nulls. */
  key_id: string
  kind: Sighting['kind']
  mark: string
  first_at: number
  last_at: number
}

interface StandingUnfollowedTable {
  event_id: string
}

interface StandingSecretsTable {
  name: string
  value: string
}

interface ReviewsTable {
  id: string
  kind: Review['kind']
  target: string
  case_id: CaseId | null
  proposed: Rung | null
  statement: string | null
  created_at: number
  claimed_by: string | null
  claimed_until: number | null
  /** JSON: who left it to others. */
  skipped: string
  outcome: Outcome | null
  decided_at: number | null
  decided_by: string | null
  decision: string | null
}

interface ShutdownsTable {
  id: string
  reason: string
  by: string
  at: number
  people: number
  /** JSON */
  consents: string
  lifted_at: number | null
}

interface ProposalsTable {
  id: string
  kind: GraveAct
  subject: string
  reason: string
  by: string
  at: number
  until: number
  confirmed_by: string | null
  confirmed_at: number | null
}

interface StandingNoticesTable {
  id: string
  at: number
  /** JSON, as it is sent. */
  body: string
}

interface WebhookDeliveriesTable {
  notice: string
  address: string
  at: number
  body: string
  /** How often it was tried, this time included. */
  attempts: number
  due_at: number
}

export interface StandingTables {
  shutdowns: ShutdownsTable
  proposals: ProposalsTable
  standing_notices: StandingNoticesTable
  webhook_deliveries: WebhookDeliveriesTable
  reviews: ReviewsTable
  cases: CasesTable
  case_steps: CaseStepsTable
  measures: MeasuresTable
  standing_events: StandingEventsTable
  standing_sightings: StandingSightingsTable
  standing_unfollowed: StandingUnfollowedTable
  standing_secrets: StandingSecretsTable
}
