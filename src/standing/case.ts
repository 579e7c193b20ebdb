import type { CaseId } from '../core/ids.ts'
import type { Target } from './target.ts'

/** All that was done to somebody over one stretch of trouble, and why. */
export interface Case {
  readonly id: CaseId
  readonly target: Target
  /** Closed with the last measure in it; one without any is closed by a person. */
  readonly state: 'open' | 'closed'
  readonly openedAt: number
  readonly updatedAt: number
}

export const stepKinds = {
  measure: 'A measure was taken.',
  evidence: 'Something that it rests on was found.',
  appealed: 'Whoever it concerns appealed.',
  'appeal-decided': 'An appeal was decided.',
  'review-decided': 'Somebody decided what the ladder asked for.',
  'review-skipped': 'A reviewer left it to others.',
  noticed: 'A policy of the guard, a rule, another system or a likeness to somebody pointed at it.',
  closed: 'It was closed without a measure.',
  lifted: 'A measure was ended before its time.',
} as const

/** One thing that happened in a case; steps are added, never changed. */
export interface CaseStep {
  readonly at: number
  readonly kind: keyof typeof stepKinds
  readonly by: string
  /** Small facts; no text of anybody's. */
  readonly detail: Readonly<Record<string, string | number | boolean | null>>
}
