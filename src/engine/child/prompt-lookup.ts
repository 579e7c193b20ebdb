/**
 * Drafts of what an answer says next, from where its last words stand earlier in prompt and answer: who quotes, corrects
 * or summarises goes on as it did there. A draft is computed in one step and compared with what is then chosen, token by
 * token, so it changes how soon a text comes and never the text (prompt lookup decoding, Saxena, 2023).
 */

/** So many tokens in a row must be the same. */
const inRow = 3
const longestDraft = 8
/** How likely a drafted token is right, before anything is known. */
const firstTrust = 0.7
/** Weight of the last draft in the average. */
const weight = 0.25
/** Tokens between two tries of an answer whose drafts are mostly wrong; doubled with each that fails. */
const firstPause = 16
const longestPause = 512

export class PromptLookup {
  readonly #tokens: number[] = []
  /** Where tokens in a row were last followed by something; other rows may have the same key. */
  readonly #followed = new Map<number, number>()
  #trust = firstTrust
  #pause = firstPause
  #triedAt = 0

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
    const length = Math.min(most, this.#worthwhile(cost))
    const from = end < inRow || length <= 0 ? undefined : this.#followed.get(this.#keyBefore(end))
    if (from === undefined || !this.#isSame(from, end)) return []
    // What followed may be what stands at the end: then it is thought to go on in circles.
    return Array.from({ length }, (_, index) => this.#tokens[from + (index % (end - from))]!)
  }

  /** Tells how much of a draft was right. */
  learn(drafted: number, right: number): void {
    if (drafted === 0) return
    // Of those after the first wrong one nothing is known.
    const rate = right / Math.min(drafted, right + 1)
    this.#trust += weight * (rate - this.#trust)
    this.#triedAt = this.#tokens.length
    this.#pause = right > 0 ? firstPause : Math.min(longestPause, this.#pause * 2)
  }

  /** The longest draft whose last token is still more likely right than what it costs. */
  #worthwhile(cost: number): number {
    if (cost >= 1) return 0
    const trust = Math.min(0.97, this.#trust)
    if (trust >= cost) return Math.min(longestDraft, Math.floor(Math.log(cost) / Math.log(trust)))
    return this.#tokens.length - this.#triedAt >= this.#pause ? 1 : 0
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
