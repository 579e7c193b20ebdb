/**
 * Ends a thought that takes too long: from its last allowed token on, the tokens of the mark that closes it are chosen in
 * place of what the model would say. Nothing else is changed, so the same request still gives the same text.
 */
import type { ThoughtLimit } from '../protocol.ts'

/**
 * The budget of one answer, in tokens: the caller takes `forced` where it is not null and tells each token's text by
 * `accept`.
 */
export class ThoughtBudget {
  readonly #limit: ThoughtLimit
  readonly #closing: Int32Array
  #state: 'before' | 'inside' | 'closing' | 'after'
  /** The end of the text so far, as long as a mark could be. */
  #text = ''
  /** Tokens of the thought, then of the mark that closes it. */
  #count = 0

  /** @param closing the tokens of `limit.close`. */
  constructor(limit: ThoughtLimit, closing: Int32Array) {
    this.#limit = limit
    this.#closing = closing
    this.#state = limit.begun ? 'inside' : 'before'
    this.#close()
  }

  /** The token that must come next; null when that is the model's to say. */
  get forced(): number | null {
    return this.#state === 'closing' ? (this.#closing[this.#count] ?? null) : null
  }

  /** Tells what the next token of the answer was. */
  accept(text: string): void {
    switch (this.#state) {
      case 'before': {
        this.#text = (this.#text + text).trimStart()
        const { open } = this.#limit
        if (this.#text.startsWith(open)) this.#begin()
        else if (!open.startsWith(this.#text)) this.#state = 'after'
        return
      }
      case 'inside':
        this.#count++
        this.#text = (this.#text + text).slice(-this.#limit.close.length - text.length)
        if (this.#text.includes(this.#limit.close)) this.#state = 'after'
        else this.#close()
        return
      case 'closing':
        if (++this.#count === this.#closing.length) this.#state = 'after'
        return
      case 'after':
        return
      default:
        this.#state satisfies never
    }
  }

  #begin(): void {
    this.#state = 'inside'
    this.#text = ''
    this.#close()
  }

  #close(): void {
    if (this.#state !== 'inside' || this.#count < this.#limit.budget || this.#closing.length === 0) return
    this.#state = 'closing'
    this.#count = 0
  }
}
