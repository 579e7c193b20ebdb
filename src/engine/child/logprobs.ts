/** Natural logarithms of the model's own probabilities, before any sampling setting. Computed only when asked for. */
import type { TokenLogprob } from '../../core/part.ts'
import { mostProbable, partition, topTokens } from './candidates.ts'

/**
 * The log-probability of `token` and of the `alternatives` most probable tokens.
 *
 * @param bytesOf the bytes of a token.
 */
export function tokenLogprob(
  logits: Float32Array,
  token: number,
  alternatives: number,
  bytesOf: (token: number) => Uint8Array,
): TokenLogprob {
  const highest = logits[mostProbable(logits)] ?? Number.NaN
  const denominator = highest + Math.log(partition(logits, highest))
  const entry = (token: number) => ({
    token,
    bytes: [...bytesOf(token)],
    logprob: logits[token]! - denominator,
  })
  const top = alternatives > 0 ? [...topTokens(logits, alternatives)].map(entry) : []
  return { ...entry(token), top }
}
