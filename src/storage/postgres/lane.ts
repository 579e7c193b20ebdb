import { errorOf } from '../failure.ts'
import { storesOver, type CallStore } from '../stores.ts'
import { postgresFailure } from './classify.ts'
import { commitTogether, type Session } from './group-commit.ts'

/** Bounds how long the first call of a commit waits for the others. */
const mostCallsPerCommit = 512

interface Waiting {
  readonly run: () => Promise<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Calls of this process over one connection, one after another: those that arrive while a commit is under way share the next. */
export class Lane {
  readonly #session: Session
  readonly #shown: string
  readonly #callStore: CallStore
  #waiting: Waiting[] = []
  #draining: Promise<void> | null = null
  #closed = false

  constructor(session: Session, shown: string) {
    this.#session = session
    this.#shown = shown
    this.#callStore = storesOver(session.database)
  }

  /** Rejects with errors of the table for what users can cause. */
  async call(store: string, method: string, parameters: readonly unknown[]): Promise<unknown> {
    if (this.#closed) {
      throw errorOf({ kind: 'storage_failed', reason: 'it is closed', stack: null }, this.#shown)
    }
    return await new Promise((resolve, reject) => {
      const run = () => this.#callStore(store, method, parameters)
      this.#waiting.push({ run, resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Waits for what was asked, then closes. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#draining
    await this.#session.connection.end()
  }

  async #drain(): Promise<void> {
    // Lets in everything that this turn of the loop still asks for.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const calls = this.#waiting.slice(0, mostCallsPerCommit)
      this.#waiting = this.#waiting.slice(mostCallsPerCommit)
      const outcomes = await commitTogether(
        this.#session,
        calls.map(({ run }) => run),
      )
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.ok) calls[index]?.resolve(outcome.value)
        else calls[index]?.reject(errorOf(postgresFailure(outcome.error), this.#shown))
      }
    }
    this.#draining = null
  }
}
