/** How far drafts of one answer are believed, by how many of their tokens were right. */

const longestDraft = 8
/** Weight of the last draft in the average. */
const weight = 0.25
/** Tokens between two tries of an answer whose drafts are mostly wrong; doubled with each that fails. */
const firstPause = 16
const longestPause = 512

/**
 * Decides for one answer how many tokens to draft (`worthwhile`) from how many were right (`learn`). When drafts do
 * not pay, single tokens are tried at pauses that double from 16 to 512 tokens.
 */
export class DraftTrust {
  #trust: number
  #pause = firstPause
  #triedAt: number

  /**
   * @param trust how likely a drafted token is right, before anything is known of this answer.
   * @param triedAt so many tokens of it count as the last try: a draft that is not believed waits from there.
   */
  constructor(trust: number, triedAt = 0) {
    this.#trust = trust
    this.#triedAt = triedAt
  }

  /**
   * Tokens of a draft whose last one is still more likely right than what it costs; 0 when it is not worth a try.
   *
   * @param cost what one more token of a draft costs, in tokens that could be had for it.
   * @param length tokens of prompt and answer so far.
   */
  worthwhile(cost: number, length: number): number {
    if (cost >= 1) return 0
    const trust = Math.min(0.97, this.#trust)
    if (trust >= cost) return Math.min(longestDraft, Math.floor(Math.log(cost) / Math.log(trust)))
    return length - this.#triedAt >= this.#pause ? 1 : 0
  }

  /** Tells how much of a draft was right. @param length as for `worthwhile` */
  learn(drafted: number, right: number, length: number): void {
    if (drafted === 0) return
    this.#trust = learnt(this.#trust, drafted, right, weight)
    this.#triedAt = length
    this.#pause = right > 0 ? firstPause : Math.min(longestPause, this.#pause * 2)
  }
}

/** The average after one more draft. */
export function learnt(trust: number, drafted: number, right: number, share: number): number {
  // Of those after the first wrong one nothing is known.
  const rate = right / Math.min(drafted, right + 1)
  return trust + share * (rate - trust)
}
