import type { Clock } from '../core/clock.ts'
import { LiveKnowledge } from '../core/live-knowledge.ts'
import { rowsOf } from '../core/packed-rows.ts'
import { pageRows, readAhead, type Page } from '../core/read-ahead.ts'
import type { Acceptance } from './acceptances/acceptances.ts'
import type { Quota } from './quotas/quota.ts'
import { Roster } from './roster.ts'
import { isRevoked, secretsIn } from './packed-key.ts'
import type { AccessNews, AccessStore, KeyPlace, PackedKey } from './store.ts'

interface ChangedKeys extends Page {
  readonly keys: readonly PackedKey[]
  readonly upTo: KeyPlace | null
}

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
  /** When, by account, document and version. */
  readonly #acceptances = new Map<string, number>()
  /** Told of the quotas from then on. */
  onQuotas: (quotas: readonly Quota[]) => void = () => {}
  /** Grows with every change that this process made. */
  #changes = 0
  /** All changes of keys up to this one are on the roster. */
  #place: KeyPlace | null = null
  /** All other changes up to this one are, too. */
  #newsPlace: number | null = null

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
  get current(): Omit<Roster, `take${string}` | `change${string}` | `add${string}` | `remove${string}`> {
    this.#knowledge.mustBeCurrent()
    return this.#roster
  }

  get quotas(): readonly Quota[] {
    this.#knowledge.mustBeCurrent()
    return this.#quotas
  }

  /** When somebody accepted that version; null when they did not. */
  acceptedAt(acceptance: AcceptancePlace): number | null {
    this.#knowledge.mustBeCurrent()
    return this.#acceptances.get(placeOf(acceptance)) ?? null
  }

  /** As `change`, for what was accepted. */
  addAcceptance(acceptance: Acceptance): void {
    this.#acceptances.set(placeOf(acceptance), acceptance.acceptedAt)
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

  /** @throws an error of storage while the store cannot be reached */
  mustBeCurrent(): void {
    this.#knowledge.mustBeCurrent()
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
      ask: async (after: ChangedKeys | null) => {
        const page = await this.#store.keys.since(after?.upTo ?? this.#place, pageRows)
        const keys = rowsOf<PackedKey>(page.keys)
        // True however old the answer is: a revoked key stays revoked.
        for (const key of keys) if (isRevoked(key)) this.#roster.removeKey(secretsIn(key).id)
        return { ...page, keys }
      },
      take: ({ keys, upTo }) => {
        for (const key of keys) if (!isRevoked(key)) this.#roster.takeKey(key)
        this.#place = upTo
      },
      changes: () => this.#changes,
    })
  }

  async #readOthers(): Promise<void> {
    for (;;) {
      const changes = this.#changes
      const now = this.#clock.now()
      const news = await this.#store.accessNews.since(this.#newsPlace, now)
      // It may be older than a change that was made here meanwhile, and would undo it.
      if (changes !== this.#changes) continue
      this.#roster.take(news, now)
      this.#takeQuotas(news)
      if (news.whole) this.#acceptances.clear()
      for (const acceptance of news.acceptances)
        this.#acceptances.set(placeOf(acceptance), acceptance.acceptedAt)
      this.#newsPlace = news.upTo
      return
    }
  }

  #takeQuotas({ whole, quotas, gone }: AccessNews): void {
    if (!whole && quotas.length === 0 && gone.length === 0) return
    const changed = new Set([...gone, ...quotas.map(({ id }) => id)])
    const others = whole ? [] : this.#quotas.filter(({ id }) => !changed.has(id))
    this.#replaceQuotas([...others, ...quotas])
  }

  #replaceQuotas(quotas: readonly Quota[]): void {
    this.#quotas = quotas
    this.onQuotas(quotas)
  }
}

type AcceptancePlace = Pick<Acceptance, 'account' | 'document' | 'version'>

function placeOf({ account, document, version }: AcceptancePlace): string {
  return `${account}\n${version}\n${document}`
}
