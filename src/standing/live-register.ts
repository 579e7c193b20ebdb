import type { Clock } from '../core/clock.ts'
import { LiveKnowledge } from '../core/live-knowledge.ts'
import type { MeasureId } from '../core/ids.ts'
import { rowsOf } from '../core/packed-rows.ts'
import { pageRows, readAhead, type Page } from '../core/read-ahead.ts'
import type { ElpisError } from '../errors.ts'
import type { Measure } from './measure.ts'
import { measureIn, type PackedMeasure } from './packed-measure.ts'
import { Register } from './register.ts'
import type { StandingStore } from './store.ts'

interface Revised extends Page {
  readonly measures: readonly PackedMeasure[]
  /** The last change among them. */
  readonly upTo: number
}

/**
 * Keeps a register equal to the store, which other replicas change as well; it reads only what is new. Fails closed:
 * while the store cannot be read, nobody is let in and nothing runs on.
 */
export class LiveRegister {
  readonly #store: Pick<StandingStore, 'measures' | 'watch'>
  readonly #clock: Clock
  readonly #register: Register
  readonly #knowledge: LiveKnowledge
  /** All changes up to this one are in the register. */
  #seen = 0
  /** What this replica changed since the reading that goes on began. */
  readonly #own = new Map<MeasureId, number>()
  #reading = false

  constructor(store: Pick<StandingStore, 'measures' | 'watch'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#register = new Register(() => clock.now())
    this.#knowledge = new LiveKnowledge({
      watch: (listener) => store.watch(listener),
      topic: 'standing',
      read: () => this.#read(),
      onLost: (error) => this.endAll(error),
    })
  }

  /** @throws an error of storage while the store cannot be reached */
  get current(): Omit<Register, 'apply' | 'take'> {
    this.#knowledge.mustBeCurrent()
    return this.#register
  }

  /** @throws an error of storage while the store cannot be reached */
  mustBeCurrent(): void {
    this.#knowledge.mustBeCurrent()
  }

  /** Ends everything that runs, for whatever reason. */
  endAll(error: ElpisError): void {
    this.#register.endAll(error)
  }

  /** Takes over what the store has just acknowledged. */
  apply(measure: Measure): void {
    if (this.#reading) this.#own.set(measure.id, measure.revision)
    this.#register.apply(measure)
    if (measure.revision === this.#seen + 1) this.#seen = measure.revision
  }

  /** Reads what is new. */
  load(): Promise<void> {
    return this.#knowledge.load()
  }

  async #read(): Promise<void> {
    const standingAt = this.#seen === 0 ? this.#clock.now() : null
    this.#reading = true
    try {
      await this.#readPages(standingAt)
    } finally {
      this.#reading = false
      this.#own.clear()
    }
  }

  async #readPages(standingAt: number | null): Promise<void> {
    await readAhead({
      ask: async (after: Revised | null) => {
        const from = Math.max(this.#seen, after?.upTo ?? 0)
        const page = await this.#store.measures.since(from, pageRows, standingAt)
        return { ...page, measures: rowsOf<PackedMeasure>(page.measures) }
      },
      take: ({ measures, upTo }) => {
        // A page that was read before a change was made here must not undo it, nor be read again: while much is changed
        // here, the bans of others would come last.
        for (const row of measures) if (!this.#undoesOwn(row)) this.#register.take(row)
        this.#seen = Math.max(this.#seen, upTo)
      },
    })
  }

  #undoesOwn(row: PackedMeasure): boolean {
    if (this.#own.size === 0) return false
    const { id, revision } = measureIn(row)
    return revision < (this.#own.get(id) ?? 0)
  }

  close(): void {
    this.#knowledge.close()
  }
}
