import type { Target } from '../target.ts'
import type { Rule } from './rule-set.ts'
import type { UseParty } from './use-history.ts'

/** That a rule holds for somebody. */
export interface Finding {
  readonly rule: Rule
  readonly target: Target
  readonly party: UseParty
  readonly at: number
  /** What was counted; at least what the rule asks for. */
  readonly measure: number
}
