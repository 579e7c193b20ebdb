import { randomBytes } from 'node:crypto'
import type { Act, Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import type { CaseId, MeasureId } from '../core/ids.ts'
import { elpisError } from '../errors.ts'
import type { CaseStep } from './case.ts'
import type { LiveRegister } from './live-register.ts'
import type { Measure, Rung } from './measure.ts'
import { validReason } from './reason.ts'
import type { Actor, Lifting, Step } from './standing.ts'
import type { MeasureStore, NewMeasure } from './store.ts'
import { targetText, type Target } from './target.ts'
import { unhurried, type Going } from './unhurried.ts'

interface StepParts {
  readonly store: MeasureStore
  readonly live: LiveRegister
  readonly clock: Clock
  readonly acts: Acts
}

/** Takes and ends measures: into the log and the store as one, then into memory, where they take hold. */
export class Steps {
  readonly #parts: StepParts

  constructor(parts: StepParts) {
    this.#parts = parts
  }

  async take(step: Step, by: Actor, evidence: readonly CaseStep[] = []): Promise<Measure> {
    const { store, live, acts } = this.#parts
    const measure = this.measureOf(step, by, evidence)
    const taken = await acts.within(actOf(measure), (entry) => store.insert(measure, entry))
    live.apply(taken)
    return taken
  }

  /** For the ladder. @returns null when something as strict is in force already */
  async escalate(step: Step, by: Actor, evidence: readonly CaseStep[]): Promise<Measure | null> {
    const { store, live, acts } = this.#parts
    const measure = this.measureOf(step, by, evidence)
    // What was not needed is no act.
    const taken = await acts.within(actOf(measure), (entry) => store.escalate(measure, entry))
    if (taken !== null) live.apply(taken)
    return taken
  }

  /** Whether something is in force against exactly this target, of one rung or at all. */
  stands(target: Target, rung: Rung | null): boolean {
    return this.#parts.live.current.of(target).some((measure) => rung === null || measure.rung === rung)
  }

  async lift({ target, rung, reason }: Lifting, by: Actor): Promise<Measure[]> {
    const { store, live, clock, acts } = this.#parts
    const line = validReason(reason)
    const about = targetText(target)
    if (!this.stands(target, rung)) throw elpisError('measure_not_found', { target: about })
    const act = { kind: 'standing-changed', by, about, details: { rung, lifted: true } } as const
    const lift = { at: clock.now(), by, reason: line }
    const lifted = await acts.within(act, async (entry) => {
      const ended = await store.lift(target, rung, lift, entry)
      return ended.length === 0 ? null : ended
    })
    for (const measure of lifted ?? []) live.apply(measure)
    return lifted ?? []
  }

  /** Ends what is over by now, once over all replicas. */
  async lapse(going: Going): Promise<void> {
    const { store, live, clock } = this.#parts
    await unhurried(going, async () => {
      const lapsed = await store.lapse(clock.now())
      for (const measure of lapsed) live.apply(measure)
      return lapsed.length > 0
    })
  }

  /** What the store has just acknowledged takes hold. */
  takeOver(measures: readonly Measure[]): void {
    for (const measure of measures) this.#parts.live.apply(measure)
  }

  measureOf(
    { target, rung, reason, lasts }: Step,
    by: Actor,
    evidence: readonly CaseStep[] = [],
  ): NewMeasure {
    const createdAt = this.#parts.clock.now()
    return {
      id: `msr_${randomBytes(12).toString('hex')}` as MeasureId,
      target,
      rung,
      reason: validReason(reason),
      by,
      createdAt,
      until: lasts === null ? null : createdAt + lasts,
      newCase: `case_${randomBytes(12).toString('hex')}` as CaseId,
      evidence,
    }
  }
}

/** As it stands in the log. */
export function actOf({ by, target, rung, until }: NewMeasure): Act {
  return { kind: 'standing-changed', by, about: targetText(target), details: { rung, until } }
}
