/** How much of a prompt is no secret, so that those who must not learn of each other may share it. */
import type { Job } from '../protocol.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * Tokens at the beginning of the prompt that are the same for everybody who uses its open text. Whether somebody else
 * sent what comes after these would be told by how fast the answer comes.
 */
export function openTokens(
  { addBos, open }: Pick<Job, 'addBos' | 'open'>,
  tokens: Int32Array,
  tokenizer: Pick<Tokenizer, 'tokenize'>,
): number {
  if (open === null) return 0
  const known = tokenizer.tokenize(open.prompt, addBos)
  let count = 0
  // The last tokens of the text may be others when more text follows.
  while (count < Math.min(known.length, tokens.length) && known[count] === tokens[count]) count++
  return count
}
