/**
 * Drafts of what an answer says next, from where its last words stand earlier in prompt and answer: who quotes, corrects
 * or summarises goes on as it did there. A draft is computed in one step and compared with what is then chosen, token by
 * token, so it changes how soon a text comes and never the text (prompt lookup decoding, Saxena, 2023).
 */
import { DraftTrust } from './draft-trust.ts'

/** So many tokens in a row must be the same. */
const inRow = 3
/** How likely a drafted token is right, before anything is known. */
const firstTrust = 0.7

/**
 * The lookup of one answer: it is made with the prompt's tokens and told each chosen one (`accept`); `draft`
 * proposes, and `learn` takes how much was right.
 */
export class PromptLookup {
  readonly #tokens: number[] = []
  /** Where tokens in a row were last followed by something; other rows may have the same key. */
  readonly #followed = new Map<number, number>()
  readonly #trust = new DraftTrust(firstTrust)

  constructor(tokens: ArrayLike<number>) {
    for (let index = 0; index < tokens.length; index++) this.accept(tokens[index]!)
  }

  /** Tells which token came next. */
  accept(token: number): void {
    const end = this.#tokens.length
    if (end >= inRow) this.#followed.set(this.#keyBefore(end), end)
    this.#tokens.push(token)
  }

  /**
   * What probably comes next; empty when nothing is known or when drafts were not worth what they cost.
   *
   * @param cost what one more token in a step costs, in tokens that could be had for it.
   * @param most tokens.
   */
  draft(cost: number, most: number): readonly number[] {
    const end = this.#tokens.length
    const length = Math.min(most, this.#trust.worthwhile(cost, end))
    const from = end < inRow || length <= 0 ? undefined : this.#followed.get(this.#keyBefore(end))
    if (from === undefined || !this.#isSame(from, end)) return []
    // What followed may be what stands at the end: then it is thought to go on in circles.
    return Array.from({ length }, (_, index) => this.#tokens[from + (index % (end - from))]!)
  }

  /** Tells how much of a draft was right. */
  learn(drafted: number, right: number): void {
    this.#trust.learn(drafted, right, this.#tokens.length)
  }

  #keyBefore(end: number): number {
    let key = 0
    for (let index = end - inRow; index < end; index++)
      key = (Math.imul(key, 0x9e3779b1) + this.#tokens[index]!) | 0
    return key
  }

  #isSame(one: number, other: number): boolean {
    for (let back = 1; back <= inRow; back++)
      if (this.#tokens[one - back] !== this.#tokens[other - back]) return false
    return true
  }
}
