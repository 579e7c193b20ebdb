import { asElpisError, type ElpisError } from '../errors.ts'
import type { ChangeListener, Topic } from './changes.ts'

const retryMilliseconds = 500

export interface LiveKnowledgeParts {
  /** @returns a function that stops it */
  readonly watch: (listener: ChangeListener) => () => void
  /** What the knowledge is about. */
  readonly topic: Topic
  /** Brings it up to what the store says. */
  readonly read: () => Promise<void>
  /** Ends what runs on it. */
  readonly onLost: (error: ElpisError) => void
}

/**
 * Keeps what a stage holds in memory equal to the store, which others change as well. Fails closed: from the moment the
 * store cannot be read until it was read again, nothing may be decided by old knowledge, and nothing runs on.
 */
export class LiveKnowledge {
  readonly #parts: LiveKnowledgeParts
  readonly #stopWatching: () => void
  #reading: Promise<void> = Promise.resolve()
  /** A reading that has not begun: it will see all there is by then, so that nobody needs another. */
  #next: Promise<void> | null = null
  #lost: ElpisError | null = null
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: LiveKnowledgeParts) {
    this.#parts = parts
    this.#stopWatching = parts.watch({
      changed: (topics) => {
        if (topics.has(parts.topic)) void this.#reload()
      },
      lost: (error) => this.#lose(error),
    })
  }

  /** Reads how it is. One reading after another: an older one must never come after a newer. */
  load(): Promise<void> {
    const next = (this.#next ??= this.#reading.then(async () => {
      this.#next = null
      await this.#parts.read()
    }))
    this.#reading = next.catch(() => {})
    return next
  }

  /** @throws an error of storage while the store cannot be reached */
  mustBeCurrent(): void {
    if (this.#lost !== null) throw this.#lost
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
    this.#parts.onLost(error)
  }
}
