/** The tables of standing; as `schema.ts` has the others. */
import type { CaseId, MeasureId } from '../core/ids.ts'
import type { Case, CaseStep } from '../standing/case.ts'
import type { Rung } from '../standing/measure.ts'

export interface CasesTable {
  id: CaseId
  /** As `targetText` writes it. */
  target: string
  state: Case['state']
  opened_at: number
  updated_at: number
}

export interface CaseStepsTable {
  id: string
  case_id: CaseId
  at: number
  kind: CaseStep['kind']
  by: string
  /** JSON */
  detail: string
}

export interface MeasuresTable {
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
