import { elpisError } from '../errors.ts'

/**
 * Who may come in, and whose turn it is. In order of arrival: a request of many choices waits for its sequences, and
 * nobody overtakes it meanwhile.
 */
export class ModelQueue {
  readonly #sequences: number
  readonly #places: number
  #inside = 0
  /** Sequences that are taken. */
  #active = 0
  /** Requests that have theirs. */
  #running = 0
  #open = false
  #waiting: Turn[] = []
  /** Milliseconds that an answer took of late. */
  #usual = 1000

  /** @param places How many may wait besides those that are being answered. */
  constructor(sequences: number, places: number) {
    this.#sequences = sequences
    this.#places = places
  }

  get active(): number {
    return Math.min(this.#active, this.#sequences)
  }

  /** Requests inside that have no sequence yet. */
  get queued(): number {
    return this.#inside - this.#running
  }

  /** @throws `overloaded` when there is no place left. */
  enter(): void {
    if (this.#inside >= this.#sequences + this.#places) {
      const error = elpisError('overloaded', { queued: this.queued })
      error.retryAfter = this.#expectedWait()
      throw error
    }
    this.#inside++
  }

  leave(): void {
    this.#inside--
  }

  /** Resolved when `choices` sequences are free; rejected with the reason of `signal`. `done` must follow. */
  turn(choices: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn: Turn = { choices, resolve, drop: () => undefined }
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== turn)
        reject(signal.reason as Error)
        // It may have been the one that all others waited behind.
        this.#next()
      }
      turn.drop = () => signal.removeEventListener('abort', leave)
      if (signal.aborted) {
        reject(signal.reason as Error)
        return
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(turn)
      this.#next()
    })
  }

  /** The sequences of an answer are free again. */
  done(choices: number, milliseconds: number): void {
    this.#active -= choices
    this.#running--
    this.#usual += (milliseconds - this.#usual) / 8
    this.#next()
  }

  /** Whether turns are given out: only while the model is there. */
  setOpen(open: boolean): void {
    this.#open = open
    this.#next()
  }

  #next(): void {
    for (;;) {
      const turn = this.#waiting[0]
      // A request of more choices than there are sequences gets all of them.
      const free = this.#active === 0 || this.#active + (turn?.choices ?? 0) <= this.#sequences
      if (turn === undefined || !this.#open || !free) return
      this.#waiting.shift()
      this.#active += turn.choices
      this.#running++
      turn.drop()
      turn.resolve()
    }
  }

  /** Whole seconds, from what answers took of late. */
  #expectedWait(): number {
    const rounds = (this.queued + 1) / this.#sequences
    return Math.min(60, Math.max(1, Math.ceil((rounds * this.#usual) / 1000)))
  }
}

interface Turn {
  readonly choices: number
  readonly resolve: () => void
  drop: () => void
}
