import { setTimeout as sleep } from 'node:timers/promises'
import { atEndOfTurn } from '../core/end-of-turn.ts'
import type { UsageRecord } from './record.ts'
import type { UsageStore } from './store.ts'

const firstPauseMilliseconds = 250
const longestPauseMilliseconds = 30_000
const mostWaiting = 10_000

/**
 * Writes records, and again those that the store refused (a full disk, a database that is away), until it takes them.
 * Writing one twice changes nothing. What is beyond the bound is lost, and said so.
 */
export class SettlingQueue {
  readonly #store: UsageStore
  readonly #onTrouble: (error: unknown, waiting: number) => void
  readonly #waiting: UsageRecord[] = []
  readonly #closing = new AbortController()
  #retrying: Promise<void> | null = null

  constructor(store: UsageStore, onTrouble: (error: unknown, waiting: number) => void) {
    this.#store = store
    this.#onTrouble = onTrouble
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves when the record is durable, or when it waits for its next try. */
  async settle(record: UsageRecord): Promise<void> {
    try {
      // The log's entry is gathered until then: one commit holds both.
      await new Promise<void>((resolve) => {
        atEndOfTurn(() => resolve(this.#store.settle(record)))
      })
    } catch (error) {
      if (this.#waiting.length < mostWaiting) this.#waiting.push(record)
      this.#onTrouble(error, this.#waiting.length)
      this.#retrying ??= this.#retry()
    }
  }

  /** Tries once more what waits. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#retrying
    await this.#drain().catch((error: unknown) => this.#onTrouble(error, this.#waiting.length))
  }

  async #retry(): Promise<void> {
    let pause = firstPauseMilliseconds
    while (this.#waiting.length > 0) {
      try {
        await sleep(pause, undefined, { signal: this.#closing.signal, ref: false })
      } catch {
        break
      }
      try {
        await this.#drain()
      } catch (error) {
        pause = Math.min(pause * 2, longestPauseMilliseconds)
        this.#onTrouble(error, this.#waiting.length)
      }
    }
    this.#retrying = null
  }

  async #drain(): Promise<void> {
    for (let record = this.#waiting[0]; record !== undefined; record = this.#waiting[0]) {
      await this.#store.settle(record)
      this.#waiting.shift()
    }
  }
}
