import { randomUUID } from 'node:crypto'
import type { Egress, EgressHour } from './egress.ts'

/** What one server counted since the last time. */
export interface EgressBatch {
  readonly writer: string
  /** Grows with each batch of a writer: one that is given again, for nobody knows whether it came through, counts once. */
  readonly number: number
  readonly hours: readonly EgressHour[]
  /** Hours before this one are forgotten. */
  readonly oldest: number
}

/** How far one has read: hours are read in the order in which they last changed. */
export interface EgressPlace {
  readonly change: number
  readonly account: string | null
  readonly hour: number
}

export interface EgressStore {
  /** Adds to what is there. */
  add(batch: EgressBatch): Promise<void>
  /** Hours that changed after a place, with what all writers together counted in them. */
  changed(after: EgressPlace, limit: number): Promise<readonly (EgressHour & EgressPlace)[]>
}

interface EgressLedgerParts {
  readonly egress: Pick<Egress, 'takeUnwritten' | 'learn' | 'oldest'>
  readonly store: EgressStore
  /** Told once, until it goes well again. */
  readonly onTrouble: (error: unknown) => void
}

/** What a killed server counted in this time is lost. */
const everyMilliseconds = 1000
const hoursAtOnce = 5000

/**
 * Writes down what was counted, and reads what others did, about once a second and never on the way of an answer. What the
 * database does not take is written later, and counts here meanwhile.
 */
export class EgressLedger {
  readonly #parts: EgressLedgerParts
  readonly #writer = randomUUID()
  #place: EgressPlace = { change: 0, account: null, hour: 0 }
  /** What is to be written next, or was given and perhaps did not come through. */
  #batch: EgressBatch | null = null
  #number = 0
  #last: Promise<void> = Promise.resolve()
  #troubled = false
  #timer: NodeJS.Timeout | null = null

  constructor(parts: EgressLedgerParts) {
    this.#parts = parts
  }

  /** Resolves once what was counted before is known here, or could not be read. */
  async start(): Promise<void> {
    await this.exchange()
    let done = true
    this.#timer = setInterval(() => {
      if (!done) return
      done = false
      void this.exchange().finally(() => (done = true))
    }, everyMilliseconds)
    this.#timer.unref()
  }

  /** Writes and reads once. */
  exchange(): Promise<void> {
    this.#last = this.#last.then(async () => {
      try {
        await this.#exchange()
        this.#troubled = false
      } catch (error) {
        if (!this.#troubled) this.#parts.onTrouble(error)
        this.#troubled = true
      }
    })
    return this.#last
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.exchange()
  }

  async #exchange(): Promise<void> {
    const { egress, store } = this.#parts
    this.#batch ??= this.#nextBatch()
    if (this.#batch !== null) await store.add(this.#batch)
    this.#batch = null
    // Only now, for what is read holds what was written.
    for (;;) {
      const changed = await store.changed(this.#place, hoursAtOnce)
      egress.learn(changed)
      this.#place = changed.at(-1) ?? this.#place
      if (changed.length < hoursAtOnce) return
    }
  }

  #nextBatch(): EgressBatch | null {
    const hours = this.#parts.egress.takeUnwritten()
    if (hours.length === 0) return null
    return { writer: this.#writer, number: ++this.#number, hours, oldest: this.#parts.egress.oldest }
  }
}
