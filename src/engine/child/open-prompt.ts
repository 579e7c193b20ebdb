/** How much of a prompt is no secret, so that those who must not learn of each other may share it. */
import type { Job, Segment } from '../protocol.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * Tokens at the beginning of the prompt that are the same for everybody who uses its open text: those of that text and
 * of what the template writes before it. Anything else that stands there makes it 0: whether somebody else sent the
 * same would be told by how fast the answer comes.
 */
export function openTokens(
  { prompt, addBos, openText }: Pick<Job, 'prompt' | 'addBos' | 'openText'>,
  tokens: Int32Array,
  tokenizer: Pick<Tokenizer, 'tokenize'>,
): number {
  if (openText === null || openText === '') return 0
  const first = prompt.findIndex((segment) => !segment.control)
  if (first === -1) return 0
  const written: Segment[] = prompt.slice(0, first)
  if (!textFrom(prompt, first, openText.length).startsWith(openText)) return 0
  const open = tokenizer.tokenize([...written, { text: openText, control: false }], addBos)
  let count = 0
  // The last tokens of the text may be others when more text follows.
  while (count < Math.min(open.length, tokens.length) && open[count] === tokens[count]) count++
  return count
}

/** Text that people wrote, from one segment on, until it is long enough or the template goes on. */
function textFrom(segments: readonly Segment[], first: number, length: number): string {
  let text = ''
  for (const { text: more, control } of segments.slice(first)) {
    if (control || text.length >= length) break
    text += more
  }
  return text
}
