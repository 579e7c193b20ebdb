import type { EngineRequest } from '../core/request.ts'
import { elpisError } from '../errors.ts'
import { FairOrder, type Ticket, type Wish } from './fair-order.ts'

/**
 * Who may come in, and whose turn it is: fair between accounts, in order of arrival within one. A request of many choices
 * whose turn it is waits for its sequences, and those behind it with it.
 */
export class ModelQueue {
  readonly #sequences: number
  readonly #places: number
  readonly #placesPerAccount: number
  readonly #order = new FairOrder()
  /** Requests inside, by account. */
  readonly #inside = new Map<string, number>()
  #insideInAll = 0
  /** Sequences that are taken. */
  #active = 0
  /** Requests that have theirs. */
  #running = 0
  #open = false
  #waiting: Turn[] = []
  /** Milliseconds that an answer took of late. */
  #usual = 1000

  /**
   * @param places How many may wait besides those that are being answered.
   * @param placesPerAccount How many of one account may be inside, waiting or not.
   */
  constructor(sequences: number, places: number, placesPerAccount = Number.POSITIVE_INFINITY) {
    this.#sequences = sequences
    this.#places = places
    this.#placesPerAccount = placesPerAccount
  }

  get active(): number {
    return Math.min(this.#active, this.#sequences)
  }

  /** Requests inside that have no sequence yet. */
  get queued(): number {
    return this.#insideInAll - this.#running
  }

  /** @throws `overloaded` when there is no place left, `too_many_at_once` when the account has all of its own. */
  enter(account: string): void {
    const own = this.#inside.get(account) ?? 0
    const full = this.#insideInAll >= this.#sequences + this.#places
    if (full || own >= this.#placesPerAccount) {
      const error = full
        ? elpisError('overloaded', { queued: this.queued })
        : elpisError('too_many_at_once', { inside: own })
      error.retryAfter = this.#expectedWait()
      throw error
    }
    this.#inside.set(account, own + 1)
    this.#insideInAll++
  }

  leave(account: string): void {
    const own = (this.#inside.get(account) ?? 0) - 1
    if (own > 0) this.#inside.set(account, own)
    else this.#inside.delete(account)
    this.#insideInAll--
  }

  /** Resolved when its sequences are free; rejected with the reason of `signal`. `done` must follow. */
  turn(wish: TurnWish, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const ticket = this.#order.ticket(wish, performance.now())
      const turn: Turn = { choices: wish.choices, ticket, resolve, drop: () => undefined }
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
      const turn = this.#order.next(this.#waiting, performance.now())
      // A request of more choices than there are sequences gets all of them.
      const free = this.#active === 0 || this.#active + (turn?.choices ?? 0) <= this.#sequences
      if (turn === null || !this.#open || !free) return
      this.#waiting.splice(this.#waiting.indexOf(turn), 1)
      this.#order.served(turn.ticket)
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

export interface TurnWish extends Wish {
  readonly choices: number
}

/** Tokens that an answer is taken to have when nobody said how many it may have. */
const usualAnswer = 256
/** Characters a token, roughly. */
const charactersPerToken = 4

/** What a request asks of the model, estimated: the order shall be fair, not exact. */
export function wishOf(request: Pick<EngineRequest, 'share' | 'priority'>, work: Work): TurnWish {
  const { share, priority } = request
  const answer = Math.min(work.mostTokens ?? usualAnswer, usualAnswer)
  const cost = work.characters / charactersPerToken + work.choices * answer
  return { account: share.account, weight: share.weight, priority, choices: work.choices, cost }
}

interface Work {
  readonly choices: number
  readonly characters: number
  /** Of one answer; null: not said. */
  readonly mostTokens: number | null
}

interface Turn {
  readonly choices: number
  readonly ticket: Ticket
  readonly resolve: () => void
  drop: () => void
}
