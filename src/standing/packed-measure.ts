import type { CaseId, MeasureId } from '../core/ids.ts'
import { cellEnd, cellsOf, numberIn } from '../core/packed-rows.ts'
import type { Measure, Rung } from './measure.ts'
import { targetOf, type Target } from './target.ts'

/** A measure as `packedMeasureColumns` have it. */
export type PackedMeasure = string & { readonly __row: 'measure' }

/** Of the table of measures; what is looked at of every measure at start stands first. */
export const packedMeasureColumns = [
  'target',
  'until',
  'lifted_at',
  'id',
  'rung',
  'reason',
  'by',
  'case_id',
  'created_at',
  'lifted_by',
  'lift_reason',
  'revision',
] as const

/** All that stands in it. @throws for a row that is none */
export function measureIn(row: PackedMeasure): Measure {
  const [target, until, liftedAt, id, rung, reason, by, caseId, createdAt, liftedBy, liftReason, revision] =
    cellsOf(row, packedMeasureColumns)
  const at = numberIn(liftedAt)
  return {
    id: id as MeasureId,
    target: targetOf(target),
    rung: rung as Rung,
    reason,
    by,
    caseId: caseId as CaseId,
    createdAt: Number(createdAt),
    until: numberIn(until),
    lifted: at === null ? null : { at, by: liftedBy, reason: liftReason },
    revision: Number(revision),
  }
}

/** Whom it is against, when it is in force with no end; null for any other. Without reading the rest. */
export function goodTargetIn(row: PackedMeasure): Target | null {
  const end = row.indexOf(cellEnd)
  return row.startsWith(cellEnd + cellEnd, end + 1) ? targetOf(row.slice(0, end)) : null
}
