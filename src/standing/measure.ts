import type { CaseId, MeasureId } from '../core/ids.ts'
import { saidTime } from '../core/shown-time.ts'
import { elpisError, type ElpisError } from '../errors.ts'
import type { Target } from './target.ts'

/** The ladder, from its foot. */
export const rungs = ['warned', 'restricted', 'suspended', 'banned'] as const
export type Rung = (typeof rungs)[number]

/** One step against somebody. Times are epoch milliseconds. */
export interface Measure {
  readonly id: MeasureId
  readonly target: Target
  readonly rung: Rung
  /** One line, which whoever it concerns reads. */
  readonly reason: string
  /** Who took it: a person's or key's id, `owner`, `ladder` for the server itself. */
  readonly by: string
  readonly caseId: CaseId
  readonly createdAt: number
  /** When it ends by itself; null means never. */
  readonly until: number | null
  readonly lifted: Lift | null
  /** Grows with every change of any measure, over all replicas. */
  readonly revision: number
}

/** How a measure ended before its time. */
export interface Lift {
  readonly at: number
  readonly by: string
  readonly reason: string
}

/** Whether a measure holds at `now` (milliseconds since 1970): it was not lifted and has not run out. */
export function inForce({ until, lifted }: Measure, now: number): boolean {
  return lifted === null && (until === null || until > now)
}

/** Whether somebody on this rung is kept out. */
export function bars(rung: Rung): boolean {
  return rung === 'suspended' || rung === 'banned'
}

/** The stricter of two; of the same rung, the one that lasts longer. */
export function stricter(one: Measure | null, other: Measure): Measure {
  if (one === null) return other
  const difference = rungs.indexOf(one.rung) - rungs.indexOf(other.rung)
  if (difference !== 0) return difference > 0 ? one : other
  return (one.until ?? Infinity) >= (other.until ?? Infinity) ? one : other
}

/** Where whoever it concerns reads about a case and appeals. */
export function appealAddress(caseId: CaseId): string {
  return `/v1/safety/cases/${caseId}/appeal`
}

/** What somebody who is kept out is told. */
export function barringError(measure: Measure): ElpisError {
  const { rung, reason, caseId, until } = measure
  const end = until === null ? 'for good' : saidTime(until)
  const error =
    rung === 'suspended'
      ? elpisError('suspended', { until: end, reason, case: caseId })
      : elpisError('banned', { until: until === null ? end : `until ${end}`, reason, case: caseId })
  error.notice = {
    case: caseId,
    reason,
    until: until === null ? null : new Date(until).toISOString(),
    appeal: appealAddress(caseId),
  }
  return error
}
