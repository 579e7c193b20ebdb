import { LiveKnowledge } from '../core/live-knowledge.ts'
import { elpisError, type ElpisError } from '../errors.ts'
import type { Shutdown } from './shutdown.ts'
import type { StandingStore } from './store.ts'

/** Knows whether everything is shut down, whichever replica did it. While the store cannot be read, everything is. */
export class LiveShutdown {
  readonly #store: Pick<StandingStore, 'shutdowns' | 'watch'>
  readonly #endAll: (error: ElpisError) => void
  readonly #knowledge: LiveKnowledge
  #current: Shutdown | null = null
  /** Grows with every change that this replica made. */
  #changes = 0

  /** @param endAll ends everything that runs here */
  constructor(store: Pick<StandingStore, 'shutdowns' | 'watch'>, endAll: (error: ElpisError) => void) {
    this.#store = store
    this.#endAll = endAll
    this.#knowledge = new LiveKnowledge({
      watch: (listener) => store.watch(listener),
      topic: 'shutdown',
      read: () => this.#read(),
      onLost: (error) => this.#endAll(error),
    })
  }

  /** The one in force, as far as this replica knows. */
  get current(): Shutdown | null {
    return this.#current
  }

  /** @throws an error of storage while the store cannot be reached */
  mustBeCurrent(): void {
    this.#knowledge.mustBeCurrent()
  }

  /** @throws `shut_down`, an error of storage while the store cannot be reached */
  mustBeOpen(): void {
    this.#knowledge.mustBeCurrent()
    if (this.#current !== null) throw elpisError('shut_down')
  }

  /** Takes over what the store has just acknowledged. */
  apply(shutdown: Shutdown): void {
    this.#changes++
    this.#take(shutdown.liftedAt === null ? shutdown : null)
  }

  /** Reads how it is. */
  load(): Promise<void> {
    return this.#knowledge.load()
  }

  close(): void {
    this.#knowledge.close()
  }

  async #read(): Promise<void> {
    for (;;) {
      const changes = this.#changes
      const current = await this.#store.shutdowns.current()
      // The answer may be older than what was changed here meanwhile, and would undo it.
      if (changes !== this.#changes) continue
      this.#take(current)
      return
    }
  }

  #take(current: Shutdown | null): void {
    this.#current = current
    if (current !== null) this.#endAll(elpisError('shut_down'))
  }
}
