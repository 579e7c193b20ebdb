/**
 * Whether a recorded answer came from the weights, template, system prompt, adapter and sampler that it names: each of
 * its tokens is compared with what these choose now. Method: Token-DiFR (differences under fixed sampling noise), with
 * the margin by which a choice was lost, clipped, in place of the count of differences: a few near ties that another CPU
 * rounds the other way weigh little, and many small losses add up.
 */

/** A margin counts for at most so much: one changed token must not outweigh a whole answer. */
const mostCounted = 2
/** A token that lost by more than this was not chosen by these weights: no rounding reaches that far. */
const editedFrom = 3
/** From so many tokens on another quantisation is found; below, only what is plainly wrong. */
const enoughTokens = 300
/**
 * Mean clipped margin above which an answer is not what it says, on another CPU level than it was made on. Honest ones
 * reached 0.014 in 300 tokens, another quantisation was never below 0.26: see bench/results/replay-2026-11-27.md.
 */
const mostRounding = 0.025

export interface ReplayFinding {
  readonly tokens: number
  /** Tokens that would not be chosen now. */
  readonly different: number
  /** Mean clipped margin. */
  readonly score: number
  /** The greatest score that an honest answer may have: 0 where the same bits are computed. */
  readonly most: number
  /** Positions of tokens that rounding does not explain. */
  readonly edited: readonly number[]
  /** There are too few tokens to tell another quantisation. */
  readonly short: boolean
  readonly fits: boolean
}

/**
 * @param margins of all tokens of one answer, or of several that are pooled; see the part `finish`.
 * @param exact it is computed on the build and the layout of the cache that made it
 */
export function judgeReplay(margins: readonly number[], exact: boolean): ReplayFinding {
  const most = exact ? 0 : mostRounding
  const least = exact ? 0 : editedFrom
  const score = meanMargin(margins)
  const edited = margins.flatMap((margin, position) => (margin > least ? [position] : []))
  return {
    tokens: margins.length,
    different: margins.filter((margin) => margin > 0).length,
    score,
    most,
    edited,
    short: margins.length < enoughTokens,
    fits: score <= most && edited.length === 0,
  }
}

/** @param margins of any number of tokens; 0 for none */
export function meanMargin(margins: readonly number[]): number {
  return margins.reduce((sum, margin) => sum + Math.min(margin, mostCounted), 0) / Math.max(1, margins.length)
}
