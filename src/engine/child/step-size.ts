/** How many tokens of prompts to compute in one step. */

/** Weights times tokens that one core computes in a second, roughly: 2026, x86-64, 4-bit weights. */
const weightTokensPerCoreSecond = 33e9
/** A step should not take longer: nothing is read, cancelled or begun meanwhile. */
const longestStepSeconds = 0.25
/** Running answers stand still while a step also computes a prompt. */
const longestStallSeconds = 0.08
const least = 16

/**
 * Follows from the size of the model and the threads alone, not from measurements: the same request is computed in the
 * same steps every time. A power of two, for the kernels' sake.
 *
 * @param most tokens that fit in a step.
 */
export function prefillTokens(
  parameters: number,
  threads: number,
  most: number,
): { readonly alone: number; readonly beside: number } {
  const tokensPerSecond = (weightTokensPerCoreSecond * threads) / Math.max(1, parameters)
  const fitting = (seconds: number) =>
    Math.min(most, Math.max(least, 2 ** Math.round(Math.log2(tokensPerSecond * seconds))))
  return { alone: fitting(longestStepSeconds), beside: fitting(longestStallSeconds) }
}
