import type { Clock } from '../core/clock.ts'
import { LiveKnowledge } from '../core/live-knowledge.ts'
import { pageRows, readAhead } from '../core/read-ahead.ts'
import type { Acceptance } from './acceptances/acceptances.ts'
import type { Quota } from './quotas/quota.ts'
import { Roster } from './roster.ts'
import type { AccessStore, KeyPage, KeyPlace } from './store.ts'

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
  /** All changes of keys up to this one are on the roster. */
  #place: KeyPlace | null = null

  constructor(store: AccessStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#knowledge = new LiveKnowledge({
      watch: (listener) => store.watch(listener),
      topic: 'access',
      read: () => this.#read(),
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

  /** Reads what is new. */
  load(): Promise<void> {
    return this.#knowledge.load()
  }

  close(): void {
    this.#knowledge.close()
  }

  async #read(): Promise<void> {
    // In one turn, so that of keys and people the same is known; what takes several pages is told of again anyway.
    await Promise.all([this.#readKeys(), this.#readOthers()])
  }

  async #readKeys(): Promise<void> {
    await readAhead({
      ask: async (after: KeyPage | null) => {
        const page = await this.#store.keys.since(after?.upTo ?? this.#place, pageRows)
        // True however old the answer is: a revoked key stays revoked.
        for (const { id, revokedAt } of page.keys) if (revokedAt !== null) this.#roster.removeKey(id)
        return page
      },
      take: ({ keys, upTo }) => {
        for (const key of keys) if (key.revokedAt === null) this.#roster.addKey(key)
        this.#place = upTo
      },
      changes: () => this.#changes,
    })
  }

  async #readOthers(): Promise<void> {
    for (;;) {
      const changes = this.#changes
      const now = this.#clock.now()
      const [live, directory, quotas, acceptances] = await Promise.all([
        this.#store.sessions.live(now),
        this.#store.directory.all(),
        this.#store.quotas.list(),
        this.#store.acceptances.list(),
      ])
      // It may be older than a change that was made here meanwhile, and would undo it.
      if (changes !== this.#changes) continue
      this.#roster.replace({ ...live, ...directory }, now)
      this.#replaceQuotas(quotas)
      this.#replaceAcceptances(acceptances)
      return
    }
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
