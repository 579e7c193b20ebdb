import type { Clock } from '../core/clock.ts'
import { LiveKnowledge } from '../core/live-knowledge.ts'
import type { Acceptance } from './acceptances/acceptances.ts'
import type { Quota } from './quotas/quota.ts'
import { Roster } from './roster.ts'
import type { AccessStore } from './store.ts'

/**
 * Keeps a roster equal to the store, which other processes may change as well. Fails closed: while the store cannot be
 * read, nobody is let in and nothing runs on.
 */
export class LiveRoster {
  readonly #store: AccessStore
  readonly #clock: Clock
  readonly #roster = new Roster()
  readonly #knowledge: LiveKnowledge
  #quotas: readonly Quota[] = []
  #acceptances: readonly Acceptance[] = []
  /** Told of what was accepted, from then on. */
  onAcceptances: (acceptances: readonly Acceptance[]) => void = () => {}
  /** Told of the quotas from then on. */
  onQuotas: (quotas: readonly Quota[]) => void = () => {}
  /** Grows with every change that this process made. */
  #changes = 0

  constructor(store: AccessStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#knowledge = new LiveKnowledge({
      watch: (listener) => store.watch(listener),
      topic: 'access',
      read: () => this.load(),
      onLost: (error) => this.#roster.endAll(error),
    })
  }

  /** Who may be let in, to look at; changes go through `change`. */
  get current(): Omit<Roster, `replace${string}` | `add${string}` | `remove${string}`> {
    this.#knowledge.mustBeCurrent()
    return this.#roster
  }

  get quotas(): readonly Quota[] {
    this.#knowledge.mustBeCurrent()
    return this.#quotas
  }

  get acceptances(): readonly Acceptance[] {
    this.#knowledge.mustBeCurrent()
    return this.#acceptances
  }

  /** As `change`, for what was accepted. */
  changeAcceptances(acceptances: readonly Acceptance[]): void {
    this.#replaceAcceptances(acceptances)
    this.#changes++
  }

  /** As `change`, for quotas. */
  changeQuotas(quotas: readonly Quota[]): void {
    this.#replaceQuotas(quotas)
    this.#changes++
  }

  /** Applies what the store has just acknowledged. */
  change(apply: (roster: Roster) => void): void {
    apply(this.#roster)
    this.#changes++
  }

  async load(): Promise<void> {
    for (;;) {
      const changes = this.#changes
      const now = this.#clock.now()
      const [keys, live, directory, quotas, acceptances] = await Promise.all([
        this.#store.keys.list(),
        this.#store.sessions.live(now),
        this.#store.directory.all(),
        this.#store.quotas.list(),
        this.#store.acceptances.list(),
      ])
      // True however old the answer is: a revoked key stays revoked.
      for (const { id, revokedAt } of keys) if (revokedAt !== null) this.#roster.removeKey(id)
      // Anything else may be older than a change that was made here meanwhile, and would undo it.
      if (changes !== this.#changes) continue
      this.#roster.replace({ keys, ...live, ...directory }, now)
      this.#replaceQuotas(quotas)
      this.#replaceAcceptances(acceptances)
      return
    }
  }

  close(): void {
    this.#knowledge.close()
  }

  #replaceAcceptances(acceptances: readonly Acceptance[]): void {
    this.#acceptances = acceptances
    this.onAcceptances(acceptances)
  }

  #replaceQuotas(quotas: readonly Quota[]): void {
    this.#quotas = quotas
    this.onQuotas(quotas)
  }
}
