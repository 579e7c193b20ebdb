import type { EntryId, KeyId, OrganisationId, RequestId } from '../../core/ids.ts'
import type { Direction, GuardAction, Hazard, Scores, Verdict } from '../../core/verdict.ts'

/** A verdict as it is kept: scores and what came of them, no word of what was said. */
export interface KeptVerdict {
  readonly id: string
  readonly at: number
  readonly requestId: RequestId
  readonly entryId: EntryId
  readonly organisationId: OrganisationId
  readonly keyId: KeyId | null
  readonly model: string
  readonly direction: Direction
  readonly outcome: Verdict['outcome']
  readonly action: GuardAction
  readonly hazards: readonly Hazard[]
  readonly scores: Scores | null
  readonly layer: string
  readonly policy: string
  /** See `fingerprintOf`. */
  readonly fingerprint: string | null
}

/** How many verdicts were alike on one day. */
export interface VerdictCount {
  /** Days since 1970, UTC. */
  readonly day: number
  readonly direction: Direction
  readonly outcome: Verdict['outcome']
  readonly action: GuardAction
  readonly hazards: readonly Hazard[]
  readonly layer: string
  readonly count: number
}

/** What the guard asks of storage. */
export interface VerdictStore {
  add(verdicts: readonly KeptVerdict[]): Promise<void>
  /** Newest first. */
  latest(page: { readonly since: number; readonly limit: number }): Promise<readonly KeptVerdict[]>
  /** Of one organisation, or of all for null. */
  counts(asked: {
    readonly since: number
    readonly organisation: OrganisationId | null
  }): Promise<readonly VerdictCount[]>
  /** Forgets those before a time, and the oldest beyond so many. */
  prune(bounds: { readonly before: number; readonly most: number }): Promise<void>
}
