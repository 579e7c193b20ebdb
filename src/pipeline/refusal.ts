import type { Verdict } from '../core/verdict.ts'
import { elpisError, type ElpisError } from '../errors.ts'

/** What whoever asked is told when the guard does not allow it. */
export function refusal({ outcome, hazards }: Verdict): ElpisError {
  return outcome === 'unavailable'
    ? elpisError('guard_unavailable')
    : elpisError('content_policy', { hazards: hazards.join(', ') })
}
