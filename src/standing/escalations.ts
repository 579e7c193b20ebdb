import { createHash, randomBytes } from 'node:crypto'
import type { CaseId } from '../core/ids.ts'
import type { CaseStep } from './case.ts'
import { forReview, type StandingEvent } from './event.ts'
import type { Rung } from './measure.ts'
import type { EventStore } from './store.ts'
import { targetText, type Target } from './target.ts'

interface EscalationParts {
  readonly events: EventStore
  readonly onReview: (target: Target, proposed: Rung) => Promise<void>
}

const day = 24 * 60 * 60 * 1000

/**
 * What a policy of the guard leaves to a person: a case and a review. However often it is asked for, a case gets one step a
 * hazard and day, and one review of a target waits at a time. By itself it is no strike.
 */
export class Escalations {
  readonly #parts: EscalationParts

  constructor(parts: EscalationParts) {
    this.#parts = parts
  }

  /** @param fresh what has just been written against this target */
  async noticed(target: Target, fresh: readonly StandingEvent[]): Promise<void> {
    const { events, onReview } = this.#parts
    const asked = new Map<string, StandingEvent>()
    for (const event of fresh) {
      // Left by a server that died between the case and the review.
      if (event.note === escalated) await onReview(target, mildest)
      const id = escalationId(event)
      if (event.note === forReview && !asked.has(id)) asked.set(id, event)
    }
    for (const [id, event] of asked) {
      const step = stepOf(event)
      const told = { fresh: `case_${randomBytes(12).toString('hex')}` as CaseId, step }
      const own = { id, source: 'rule', hazard: null, severity: 0, attributable: false } as const
      if (!(await events.addNew({ ...event, ...own, fingerprint: null, note: escalated }, told))) continue
      await onReview(target, mildest)
      await events.followed([id])
    }
  }
}

/** As the author of what a policy of the guard adds to a case. */
const guardAuthor = 'guard'
/** As the note of the event that stands for a step of the case. */
const escalated = 'guard:escalated'
/** Whoever wants more takes a step of their own. */
const mildest: Rung = 'warned'

/** The same on all replicas for one target, hazard and day. */
function escalationId({ target, hazard, at }: StandingEvent): string {
  const what = JSON.stringify([targetText(target), hazard, Math.floor(at / day)])
  return `evt_${createHash('sha256').update(what).digest('hex').slice(0, 24)}`
}

function stepOf({ at, hazard, direction, severity, requestId, entryId }: StandingEvent): CaseStep {
  const detail = { asks: 'review', hazard, direction, severity, request: requestId, entry: entryId }
  return { at, kind: 'noticed', by: guardAuthor, detail }
}
