import { randomBytes } from 'node:crypto'
import type { Act, Acts } from '../core/acts.ts'
import { elpisError } from '../errors.ts'
import type { LiveShutdown } from './live-shutdown.ts'
import { validReason } from './reason.ts'
import type { Shutdown, ShutdownStore } from './shutdown.ts'
import type { Actor } from './standing.ts'

interface ShutdownParts {
  readonly store: { readonly shutdowns: ShutdownStore }
  readonly live: LiveShutdown
  readonly acts: Acts
  readonly now: () => number
  /** How many different people it takes to lift one. */
  readonly restartPeople: number
}

/** Stops everything, and lets it begin again. An `Actor` here is a person: several keys of one count once. */
export class Shutdowns {
  readonly #parts: ShutdownParts

  constructor(parts: ShutdownParts) {
    this.#parts = parts
  }

  /** The one in force; null while everything is open. */
  get current(): Shutdown | null {
    return this.#parts.live.current
  }

  /**
   * Ends all that runs and refuses what is new, everywhere.
   *
   * @throws `reason_invalid`
   */
  async begin(reason: string, by: Actor): Promise<void> {
    const { store, live, acts, now, restartPeople } = this.#parts
    const shutdown: Shutdown = {
      id: `shut_${randomBytes(12).toString('hex')}`,
      reason: validReason(reason),
      by,
      at: now(),
      people: restartPeople,
      consents: [],
      liftedAt: null,
    }
    await acts.within(actOf(shutdown, by, 'shut-down'), async (entry) => {
      const begun = await store.shutdowns.begin(shutdown, entry)
      live.apply(begun)
      return begun.id === shutdown.id
    })
  }

  /**
   * Says that `by` wants it lifted; it is with the last that was needed.
   *
   * @throws `not_shut_down`, `reason_invalid`
   */
  async lift(reason: string, by: Actor): Promise<Shutdown> {
    const { store, live, acts, now } = this.#parts
    const line = validReason(reason)
    // From the store: another replica may have shut down a moment ago.
    const standing = await store.shutdowns.current()
    if (standing === null) throw elpisError('not_shut_down')
    const wants = {
      kind: 'stop-changed',
      by,
      about: 'all',
      details: { state: 'consent', id: standing.id },
    } as const
    const given = { by, at: now(), reason: line }
    let after: Shutdown | null = null
    await acts.within(actOf(standing, by, 'lifted'), async (lifted) => {
      await acts.within(wants, async (consent) => {
        after = await store.shutdowns.consent(standing.id, given, { consent, lifted })
        return after !== null && after.consents.at(-1)?.at === given.at
      })
      return after !== null && after.liftedAt !== null
    })
    if (after === null) throw elpisError('not_shut_down')
    live.apply(after)
    return after
  }
}

function actOf({ id, people }: Shutdown, by: Actor, state: 'shut-down' | 'lifted'): Act {
  return { kind: 'stop-changed', by, about: 'all', details: { state, id, people } }
}
