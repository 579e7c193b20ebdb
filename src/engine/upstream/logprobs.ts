import type { TokenLogprob } from '../../core/part.ts'
import type { ChatLogprobs, ChoiceDelta, TextLogprobs } from './event-schema.ts'

/** Its number is not told. */
const unknownToken = -1

/**
 * What an upstream says of the tokens it chose, in either of OpenAI's two shapes.
 *
 * @param most alternatives that were asked for; some servers send more
 */
export function logprobsOf(logprobs: ChoiceDelta['logprobs'], most: number): TokenLogprob[] | null {
  if (logprobs == null) return null
  return logprobs.tokens === undefined ? ofChat(logprobs, most) : ofText(logprobs, most)
}

function ofChat({ content }: ChatLogprobs, most: number): TokenLogprob[] | null {
  if (content == null) return null
  return content.map(({ token, logprob, bytes, top_logprobs: top }) => ({
    ...entry(token, logprob, bytes),
    top: (top ?? []).slice(0, most).map((other) => entry(other.token, other.logprob, other.bytes)),
  }))
}

function ofText(
  { tokens, token_logprobs: chosen, top_logprobs: top }: TextLogprobs,
  most: number,
): TokenLogprob[] {
  return tokens.map((token, index) => ({
    ...entry(token, chosen[index] ?? Number.NEGATIVE_INFINITY, null),
    top: Object.entries(top?.[index] ?? {})
      .slice(0, most)
      .map(([other, logprob]) => entry(other, logprob, null)),
  }))
}

function entry(text: string, logprob: number, bytes: readonly number[] | null | undefined) {
  return { token: unknownToken, bytes: bytes ?? [...Buffer.from(text)], logprob }
}
