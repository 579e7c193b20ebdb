import type { Clock } from '../core/clock.ts'
import { LiveKnowledge } from '../core/live-knowledge.ts'
import type { ElpisError } from '../errors.ts'
import type { Measure } from './measure.ts'
import { Register } from './register.ts'
import type { StandingStore } from './store.ts'

/** Rows read at a time: the store must not be busy with this alone. */
const pageRows = 10_000

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
  /** Grows with every change that this replica made. */
  #changes = 0
  #loading: Promise<void> = Promise.resolve()

  constructor(store: Pick<StandingStore, 'measures' | 'watch'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#register = new Register(() => clock.now())
    this.#knowledge = new LiveKnowledge({
      watch: (listener) => store.watch(listener),
      topic: 'standing',
      read: () => this.load(),
      onLost: (error) => this.endAll(error),
    })
  }

  /** @throws an error of storage while the store cannot be reached */
  get current(): Omit<Register, 'apply'> {
    this.#knowledge.mustBeCurrent()
    return this.#register
  }

  /** Ends everything that runs, for whatever reason. */
  endAll(error: ElpisError): void {
    this.#register.endAll(error)
  }

  /** Takes over what the store has just acknowledged. */
  apply(measure: Measure): void {
    this.#changes++
    this.#register.apply(measure)
    if (measure.revision === this.#seen + 1) this.#seen = measure.revision
  }

  /** Reads what is new. One reading after another: an older one must never come after a newer. */
  load(): Promise<void> {
    const loaded = this.#loading.then(() => this.#read())
    this.#loading = loaded.catch(() => {})
    return loaded
  }

  async #read(): Promise<void> {
    const first = this.#seen === 0
    for (;;) {
      const changes = this.#changes
      const standingAt = first ? this.#clock.now() : null
      const measures = await this.#store.measures.since(this.#seen, pageRows, standingAt)
      // The answer may be older than what was changed here meanwhile, and would undo it.
      if (changes !== this.#changes) continue
      for (const measure of measures) {
        this.#register.apply(measure)
        this.#seen = Math.max(this.#seen, measure.revision)
      }
      if (measures.length < pageRows) return
    }
  }

  close(): void {
    this.#knowledge.close()
  }
}
