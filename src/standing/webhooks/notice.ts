import type { CaseStep } from '../case.ts'
import { rungs } from '../measure.ts'

/** What receivers are told: plain facts, and no text of whoever it concerns. */
export interface Notice {
  readonly type: string
  /** When it happened, ISO 8601. */
  readonly timestamp: string
  readonly data: Readonly<Record<string, string | number | boolean | null>>
}

/** Null for steps that are nobody else's business. */
export function noticeOf(target: string, caseId: string, { kind, at, by, detail }: CaseStep): Notice | null {
  const type = typeOf(kind, detail)
  if (type === null) return null
  const { measure, review, rung, outcome, reason, until } = detail
  const facts = { measure, review, rung, outcome, reason }
  const data: Record<string, string | number | boolean | null> = { target, case: caseId }
  for (const [name, value] of Object.entries(facts)) if (value !== undefined) data[name] = value
  if (until !== undefined) data['until'] = typeof until === 'number' ? new Date(until).toISOString() : null
  // Which person it was stands in the case, for those who may read it.
  data['by'] = by === 'ladder' || by === 'time' ? by : 'person'
  return { type, timestamp: new Date(at).toISOString(), data }
}

function typeOf(kind: CaseStep['kind'], { rung }: CaseStep['detail']): string | null {
  if (kind === 'lifted') return 'standing.lifted'
  if (kind === 'appeal-decided') return 'standing.appeal_decided'
  return kind === 'measure' && rungs.some((known) => known === rung) ? `standing.${String(rung)}` : null
}
