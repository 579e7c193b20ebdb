import { randomBytes } from 'node:crypto'
import type { Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import type { CaseId, MeasureId, PersonId } from '../core/ids.ts'
import type { Principal } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { LiveRegister } from './live-register.ts'
import { barringError, bars, type Measure, type Rung } from './measure.ts'
import { validReason } from './reason.ts'
import type { Actor, Cleared, Lifting, Standing, Step } from './standing.ts'
import type { StandingStore } from './store.ts'
import { targetText, type Target } from './target.ts'

export interface StandingParts {
  readonly store: StandingStore
  readonly clock: Clock
  readonly acts: Acts
  /** The domain of a person's e-mail address, as far as it is known. Must answer from memory. */
  readonly domainOf: (person: PersonId) => string | null
}

const mostListed = 1000

/** Loads all that is in force and keeps it true from then on. */
export async function createStanding(parts: StandingParts): Promise<Standing> {
  const live = new LiveRegister(parts.store, parts.clock)
  try {
    await live.load()
  } catch (error) {
    live.close()
    throw error
  }
  return new StoredStanding(parts, live)
}

class StoredStanding implements Standing {
  readonly #parts: StandingParts
  readonly #live: LiveRegister

  constructor(parts: StandingParts, live: LiveRegister) {
    this.#parts = parts
    this.#live = live
  }

  async clear(principal: Principal): Promise<Cleared> {
    const { personId } = principal
    const domain = personId === null ? null : this.#parts.domainOf(personId)
    const register = this.#live.current
    const against = register.against(principal, domain)
    if (against !== null && bars(against.rung)) throw barringError(against)
    const entered = register.enter(principal, domain)
    const level = against === null ? 'good' : against.rung === 'warned' ? 'warned' : 'restricted'
    return { level, barred: entered.ended, release: () => entered.leave() }
  }

  async act({ target, rung, reason, lasts }: Step, by: Actor): Promise<Measure> {
    const { store, clock, acts } = this.#parts
    const createdAt = clock.now()
    const line = validReason(reason)
    const until = lasts === null ? null : createdAt + lasts
    await acts.record({
      kind: 'standing-changed',
      by,
      about: targetText(target),
      details: { rung, until },
    })
    const id = `msr_${randomBytes(12).toString('hex')}` as MeasureId
    const newCase = `case_${randomBytes(12).toString('hex')}` as CaseId
    const measure = await store.measures.insert({
      id,
      target,
      rung,
      reason: line,
      by,
      createdAt,
      until,
      newCase,
    })
    this.#live.apply(measure)
    return measure
  }

  async lift({ target, rung, reason }: Lifting, by: Actor): Promise<Measure[]> {
    const { store, clock, acts } = this.#parts
    const line = validReason(reason)
    const about = targetText(target)
    const standing = this.#live.current.of(target).some((measure) => rung === null || measure.rung === rung)
    if (!standing) throw elpisError('measure_not_found', { target: about })
    await acts.record({ kind: 'standing-changed', by, about, details: { rung, lifted: true } })
    const lifted = await store.measures.lift(target, rung, { at: clock.now(), by, reason: line })
    for (const measure of lifted) this.#live.apply(measure)
    return lifted
  }

  async measures(filter: { target?: Target; rung?: Rung; past?: boolean }): Promise<Measure[]> {
    const { store, clock } = this.#parts
    const page = { ...filter, past: filter.past ?? false, now: clock.now(), limit: mostListed }
    return await store.measures.list(page)
  }

  async close(): Promise<void> {
    this.#live.close()
  }
}
