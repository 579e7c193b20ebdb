/** A grammar over the tokens of one vocabulary: which may come next, and where each leads. */
import type { Grammar } from '../grammar/grammar.ts'
import { GrammarNetwork } from './grammar-network.ts'
import { isIn, newMask, type TokenMask } from './grammar-mask.ts'
import { type GrammarState, GrammarStates } from './grammar-states.ts'
import type { MaskStore } from './mask-store.ts'
import type { TokenTree } from './token-tree.ts'

/** What a grammar needs to know of a vocabulary. */
export interface GrammarVocabulary {
  readonly size: number
  readonly tree: TokenTree
  /** Tokens that stand for no bytes, and do not end the turn. */
  readonly controls: readonly number[]
  /** Tokens that end the turn. */
  readonly ends: readonly number[]
  readonly bytes: (token: number) => Uint8Array
  readonly isEnd: (token: number) => boolean
  readonly spelling: (token: number) => string
  /** The control token that is spelled so; null when there is none. */
  readonly controlToken: (text: string) => number | null
}

/**
 * States are shared by all answers with this grammar. `after` only looks; `advance` is for the token that was chosen.
 *
 * @throws GrammarTooAmbiguous, GrammarTooLarge from every method
 */
export class TokenGrammar {
  readonly #vocabulary: GrammarVocabulary
  readonly #states: GrammarStates
  readonly #masks: MaskStore

  constructor(grammar: Grammar, vocabulary: GrammarVocabulary, masks: MaskStore) {
    this.#vocabulary = vocabulary
    this.#masks = masks
    this.#states = new GrammarStates(
      new GrammarNetwork(grammar, vocabulary.controlToken),
      vocabulary.spelling,
    )
  }

  start(): GrammarState {
    return this.#states.start()
  }

  /** Where a token leads; null when it may not come, or is the end of the turn, which comes where a state is `complete`. */
  after(state: GrammarState, token: number): GrammarState | null {
    if (this.#vocabulary.isEnd(token)) return this.#states.afterToken(state, token, false)
    const bytes = this.#vocabulary.bytes(token)
    if (bytes.length === 0) return this.#states.afterToken(state, token, true)
    let at: GrammarState | null = state
    for (let index = 0; index < bytes.length && at !== null; index++)
      at = this.#states.after(at, bytes[index]!)
    return at
  }

  /** As `after`, for good: keeps the table of states small. */
  advance(state: GrammarState, token: number): GrammarState | null {
    this.#states.allowSteps()
    const next = this.after(state, token)
    return next === null ? null : this.#states.moved(next)
  }

  allows(state: GrammarState, token: number): boolean {
    if (state.mask !== null) return isIn(state.mask, token)
    this.#states.allowSteps()
    return (state.complete && this.#vocabulary.isEnd(token)) || this.after(state, token) !== null
  }

  mask(state: GrammarState): TokenMask {
    if (state.mask === null) {
      this.#states.allowSteps()
      const { tree, controls, ends, size } = this.#vocabulary
      const tokens = ends.filter((token) => state.complete || this.after(state, token) !== null)
      tree.walk(this.#states, state, (token) => tokens.push(token))
      const takesControls = state.places.some(
        ({ node }) => node.kind === 'token' || (node.kind === 'bytes' && node.until !== null),
      )
      if (takesControls)
        for (const token of controls) if (this.after(state, token) !== null) tokens.push(token)
      state.mask = newMask(tokens, size)
    }
    this.#masks.use(state)
    return state.mask
  }
}
