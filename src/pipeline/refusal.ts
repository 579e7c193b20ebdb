import type { Verdict } from '../core/verdict.ts'
import { elpisError, type ElpisError } from '../errors.ts'

/** Whether a verdict ends the request: `unavailable` does unless the policy says that it passes. */
export function blocks({ action }: Verdict): boolean {
  return action === 'block'
}

/** What whoever asked is told when the guard does not allow it. */
export function refusal({ outcome, hazards, notice }: Verdict): ElpisError {
  if (outcome === 'unavailable') return elpisError('guard_unavailable')
  return elpisError('content_policy', {
    notice: notice ?? `This is against the content policy of this server (${hazards.join(', ')}).`,
  })
}
