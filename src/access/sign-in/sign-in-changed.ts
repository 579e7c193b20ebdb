import type { Act } from '../../core/acts.ts'
import type { PersonId } from '../../core/ids.ts'

interface Change {
  readonly way: 'password' | 'app' | 'passkey' | 'provider'
  readonly change: 'set' | 'added' | 'removed'
  /** By a link that somebody else made, not from a session of theirs. */
  readonly invited?: true
  readonly provider?: string
}

/** That somebody changed how they sign in, as the log says it: which way, nothing of what proves it. */
export function signInChanged(person: PersonId, change: Change): Act {
  return { kind: 'sign-in-changed', by: person, about: person, details: { ...change } }
}
