/**
 * Whether a recorded verdict is what the guard says when it judges again. Each deployment has a secret of its own that makes its
 * guard a little stricter, so a stranger knows only between which two actions an honest verdict lies.
 */
import type { GuardAction } from '../core/verdict.ts'

const gravity: readonly GuardAction[] = ['allow', 'flag', 'review', 'redact', 'block']

/** What the guard says without any secret, and with the strictest that there can be. */
export interface ActionBounds {
  readonly mildest: GuardAction
  readonly strictest: GuardAction
}

/**
 * - `same`: every deployment would have said this.
 * - `milder`, `graver`: none would have.
 * - `open`: some would have; the secret decides.
 */
export type VerdictFinding = 'same' | 'milder' | 'graver' | 'open'

export function judgeVerdict(recorded: GuardAction, { mildest, strictest }: ActionBounds): VerdictFinding {
  const [said, least, most] = [recorded, mildest, strictest].map((action) => gravity.indexOf(action)) as [
    number,
    number,
    number,
  ]
  if (said < least) return 'milder'
  if (said > most) return 'graver'
  return least === most ? 'same' : 'open'
}

/** The gravest of several; `allow` for none. */
export function gravestAction(actions: readonly GuardAction[]): GuardAction {
  return gravity.findLast((action) => actions.includes(action)) ?? 'allow'
}
