import { randomBytes } from 'node:crypto'
import type { EntryId, RequestId } from '../core/ids.ts'
import type { Signal, Subject } from '../core/verdict.ts'
import type { Target } from './target.ts'

/** What standing remembers: that something was wrong with what somebody asked. Never a text. */
export interface StandingEvent {
  readonly id: string
  readonly at: number
  /** Who answers for it. */
  readonly target: Target
  readonly organisation: string
  readonly person: string | null
  readonly key: string | null
  readonly endUser: string | null
  /** A keyed hash of the address, enough to tell networks apart. */
  readonly network: string | null
  readonly fingerprint: string | null
  readonly source: Signal['source']
  readonly direction: Signal['direction']
  readonly hazard: Signal['hazard'] | null
  /** 0 to 1. */
  readonly severity: number
  /** Only what somebody wrote themselves costs them anything. */
  readonly attributable: boolean
  readonly requestId: RequestId | null
  readonly entryId: EntryId | null
  /** The rule that it comes from, what a reviewer or another system said, or `forReview`. */
  readonly note: string | null
  /** The decision that took it back; it counts no more. */
  readonly voidedBy: string | null
}

/** As the note of an event: a policy of the guard wants a person to look at it. */
export const forReview = 'guard:for-review'

/**
 * Who answers for what was done: the end user whom the organisation named, so that one cannot cost all others their
 * access; else the person, else the key. What nobody in particular did is the organisation's, against which only people act.
 */
export function answerable({ endUser, personId, keyId, organisationId }: Subject): Target {
  if (endUser !== null) return { kind: 'user', value: endUser }
  if (personId !== null) return { kind: 'person', value: personId }
  if (keyId !== null) return { kind: 'key', value: keyId }
  return { kind: 'org', value: organisationId }
}

/** Of an event, whom it is against where nothing else is known of them. */
export function againstTarget(
  target: Target,
): Pick<StandingEvent, 'target' | 'organisation' | 'person' | 'key' | 'endUser' | 'network' | 'fingerprint'> {
  const { kind, value } = target
  return {
    target,
    organisation: kind === 'org' ? value : '',
    person: kind === 'person' ? value : null,
    key: kind === 'key' ? value : null,
    endUser: kind === 'user' ? value : null,
    network: null,
    fingerprint: null,
  }
}

/** `evt_` and 96 random bits in hex. */
export function newEventId(): string {
  return `evt_${randomBytes(12).toString('hex')}`
}
