import type { EntryId, KeyId, OrganisationId, RequestId } from '../core/ids.ts'
import type { Direction, GuardAction, Verdict } from '../core/verdict.ts'

interface GuardVerdictsTable {
  id: string
  at: number
  request_id: RequestId
  entry_id: EntryId
  organisation_id: OrganisationId
  key_id: KeyId | null
  model: string
  direction: Direction
  outcome: Verdict['outcome']
  action: GuardAction
  /** JSON */
  hazards: string
  /** JSON */
  scores: string | null
  layer: string
  policy: string
  fingerprint: string | null
}

export interface GuardTables {
  guard_verdicts: GuardVerdictsTable
}
