import type { Clock } from '../core/clock.ts'
import { asElpisError, type ElpisError } from '../errors.ts'
import type { Measure } from './measure.ts'
import { Register } from './register.ts'
import type { StandingStore } from './store.ts'

const retryMilliseconds = 500
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
  readonly #stopWatching: () => void
  #lost: ElpisError | null = null
  /** All changes up to this one are in the register. */
  #seen = 0
  /** Grows with every change that this replica made. */
  #changes = 0
  #loading: Promise<void> = Promise.resolve()
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(store: Pick<StandingStore, 'measures' | 'watch'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#register = new Register(() => clock.now())
    this.#stopWatching = store.watch({
      changed: (topics) => {
        if (topics.has('standing')) void this.#reload()
      },
      lost: (error) => this.#lose(error),
    })
  }

  /** @throws an error of storage while the store cannot be reached */
  get current(): Omit<Register, 'apply'> {
    if (this.#lost !== null) throw this.#lost
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
    this.#closed = true
    this.#stopWatching()
    clearTimeout(this.#retry)
  }

  async #reload(): Promise<void> {
    try {
      await this.load()
      this.#lost = null
    } catch (error) {
      this.#lose(asElpisError(error))
      clearTimeout(this.#retry)
      if (!this.#closed) this.#retry = setTimeout(() => void this.#reload(), retryMilliseconds).unref()
    }
  }

  #lose(error: ElpisError): void {
    this.#lost = error
    this.endAll(error)
  }
}
