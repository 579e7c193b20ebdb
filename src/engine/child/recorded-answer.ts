/**
 * An answer that was given earlier and is computed once more, so that somebody can check it: the recorded tokens are
 * taken, and beside each is noted by how much it was not the choice. Method: Token-DiFR, with the margin by which the
 * choice was lost in place of the count of differences.
 */

/** No margin is greater: what is beyond it is equally wrong. */
export const greatestMargin = 50

/**
 * Gives the recorded tokens one after the other (`take`) and notes the margin of each in `margins`, between 0 and
 * `greatestMargin`. What is not a finite number counts as the greatest.
 */
export class RecordedAnswer {
  readonly tokens: readonly number[]
  /** One for each token that was computed. */
  readonly margins: number[] = []

  constructor(tokens: readonly number[]) {
    this.tokens = tokens
  }

  /** What follows after the first `made` tokens, at most `most`, to be computed in one step. */
  after(made: number, most: number): readonly number[] {
    return this.tokens.slice(made, made + Math.max(0, most))
  }

  /** Notes the next token's margin. @returns the token */
  take(margin: number): number {
    const token = this.tokens[this.margins.length]!
    this.margins.push(Number.isFinite(margin) ? Math.min(margin, greatestMargin) : greatestMargin)
    return token
  }
}
