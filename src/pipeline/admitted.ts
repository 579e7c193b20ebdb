import type { Credentials } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { endingOf, type Ending } from './ending.ts'
import type { Asking, Judged, OpenEntry, Outcome, Stages } from './stages.ts'

/** A request that was accepted: it has its admission, its clearance and its entry, and all three end with it. */
export interface Admitted extends Judged {
  readonly entry: OpenEntry
  readonly ending: Ending
  /** Gives everything back and seals the entry. The first outcome counts. */
  close(outcome: Outcome): Promise<void>
}

/**
 * The stages before any work, in order. What is refused here was not accepted and leaves no entry.
 *
 * @param left aborted when the client is gone
 * @throws what access, standing and record refuse with
 */
export async function admitted(
  asking: Asking,
  credentials: Credentials,
  left: AbortSignal,
  stages: Omit<Stages, 'engine'>,
): Promise<Admitted> {
  const begun = performance.now()
  const admission = await stages.access.admit(credentials, asking)
  try {
    const { principal } = admission
    const admittedAt = performance.now()
    const clearance = await stages.standing.clear(principal)
    try {
      const took = { access: admittedAt - begun, standing: performance.now() - admittedAt }
      const entry = await stages.record.open(asking, principal, took)
      credentials.accepted?.(entry.id)
      const ending = endingOf({
        causes: [admission.revoked, clearance.barred, stages.shutdown],
        left,
        seconds: stages.answerSeconds,
        timeout: () => elpisError('answer_timeout', { seconds: stages.answerSeconds }),
      })
      let closed: Promise<void> | null = null
      return {
        asking,
        principal,
        level: clearance.level,
        entryId: entry.id,
        signal: ending.signal,
        entry,
        ending,
        close(outcome) {
          if (closed !== null) return closed
          ending.close()
          clearance.release()
          admission.settle(outcome.usage)
          admission.release()
          closed = entry.close(outcome)
          return closed
        },
      }
    } catch (error) {
      clearance.release()
      throw error
    }
  } catch (error) {
    admission.release()
    throw error
  }
}
