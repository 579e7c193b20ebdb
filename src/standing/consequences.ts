import type { CaseStep } from './case.ts'
import type { StandingEvent } from './event.ts'
import { automatic, contributions, demandOf, reasonOf, scoreOf, type Contribution } from './ladder.ts'
import type { Measure, Rung } from './measure.ts'
import type { Policy } from './policy.ts'
import type { Steps } from './steps.ts'
import type { MeasureStore, EventStore } from './store.ts'
import type { Target } from './target.ts'
import { unhurried, type Going } from './unhurried.ts'

/** As the author of a measure: no person took it. */
export const ladder = 'ladder'

/** Older strikes count less than a thousandth. */
const halfLives = 10
const mostStrikes = 1000
const mostEvidence = 20
/** Looked at in one step. */
const mostRestrictions = 50

interface Parts {
  readonly events: EventStore
  readonly measures: MeasureStore
  readonly steps: Steps
  readonly policy: Policy
  readonly now: () => number
  /** A person must look at what the ladder may not do by itself. */
  readonly onReview: (review: {
    target: Target
    proposed: Rung
    measure: Measure | null
    score: number
  }) => Promise<void>
}

/** What follows from strikes, and from their absence. */
export class Consequences {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async strikesOf(target: Target): Promise<Contribution[]> {
    const { events, policy, now } = this.#parts
    const since = now() - halfLives * policy.halfLife
    return contributions(await events.strikes(target, since, mostStrikes), policy, now())
  }

  /** @param fresh what has just been written against this target */
  async settle(target: Target, fresh: readonly StandingEvent[]): Promise<void> {
    const { policy, steps, onReview } = this.#parts
    const counted = fresh.filter(({ hazard, attributable }) => hazard !== null && attributable)
    // An organisation answers for what nobody in particular did; against it only people act.
    if (counted.length === 0 || target.kind === 'org') return
    const strikes = await this.strikesOf(target)
    const score = scoreOf(strikes)
    const demand = demandOf(score, counted, policy)
    if (demand.rung === null) return
    const rung = automatic(demand, policy)
    let measure: Measure | null = null
    if (rung !== null) {
      const step = { target, rung, reason: reasonOf(strikes, score), lasts: policy.lasts[rung] }
      measure = await steps.escalate(step, ladder, evidenceOf(strikes, policy))
    }
    if (demand.grave || rung !== demand.rung)
      await onReview({ target, proposed: demand.rung, measure, score })
  }

  /** Ends the restrictions that the ladder made for those who have behaved since. */
  async rewardGoodConduct(going: Going): Promise<void> {
    const { measures, policy, now } = this.#parts
    let after = ''
    await unhurried(going, async () => {
      const page = await measures.inForce('restricted', after, now(), mostRestrictions)
      for (const { target, by, createdAt } of page) {
        if (by === ladder && createdAt <= now() - policy.good) await this.#reward(target)
      }
      after = page.at(-1)?.id ?? after
      return page.length === mostRestrictions
    })
  }

  async #reward(target: Target): Promise<void> {
    const { events, policy, steps, now } = this.#parts
    const since = await events.strikes(target, now() - policy.good, mostStrikes)
    if (contributions(since, policy, now()).length > 0) return
    // Another replica may have done it meanwhile.
    if (!steps.stands(target, 'restricted')) return
    await steps.lift({ target, rung: 'restricted', reason: 'Good conduct.' }, ladder)
  }
}

function evidenceOf(strikes: readonly Contribution[], policy: Policy): CaseStep[] {
  return strikes.slice(0, mostEvidence).map(({ event, points }) => ({
    at: event.at,
    kind: 'evidence',
    by: ladder,
    detail: {
      event: event.id,
      source: event.source,
      hazard: event.hazard,
      direction: event.direction,
      severity: event.severity,
      points: Number(points.toFixed(2)),
      request: event.requestId,
      entry: event.entryId,
      note: event.note,
      policy: policy.name,
    },
  }))
}
