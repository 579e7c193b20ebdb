/** Keeps one answer inside its grammar. */
import { masked } from './grammar-mask.ts'
import type { GrammarState } from './grammar-states.ts'
import type { TokenFilter } from './sampler.ts'
import type { TokenGrammar } from './token-grammar.ts'

/**
 * The place of one answer in its grammar: the sampler asks `allows` or takes `mask`, and `accept` moves on by the
 * chosen token. All of them may throw `GrammarTooAmbiguous` or `GrammarTooLarge`.
 */
export class GrammarGuide implements TokenFilter {
  readonly #grammar: TokenGrammar
  #state: GrammarState

  constructor(grammar: TokenGrammar) {
    this.#grammar = grammar
    this.#state = grammar.start()
  }

  /** Only the end can follow. */
  get finished(): boolean {
    return this.#state.finished
  }

  /** The answer may end here. */
  get complete(): boolean {
    return this.#state.complete
  }

  get prefersMask(): boolean {
    return this.#state.mask !== null && this.#state.mask.few !== null
  }

  allows(token: number): boolean {
    return this.#grammar.allows(this.#state, token)
  }

  mask(logits: Float32Array, target: Float32Array): void {
    masked(this.#grammar.mask(this.#state), logits, target)
  }

  /** Tells which token came. False when it leads nowhere: it was forced from outside. */
  accept(token: number): boolean {
    const next = this.#grammar.advance(this.#state, token)
    if (next !== null) this.#state = next
    return next !== null
  }
}
