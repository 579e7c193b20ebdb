import type { z } from 'zod'
import type { FinishReason, Part, TokenLogprob, Usage } from '../../core/part.ts'
import type { Answer } from '../../pipeline/fold.ts'
import type { Framing } from '../framing.ts'
import type { usage } from './chat-schema.ts'

/** How one protocol writes an answer down. A new one for every answer: it may count as it goes. */
export interface Wire {
  /** How its events go over the line; as OpenAI's do when left out. */
  readonly framing?: Framing
  /** The answer of a request that did not ask for a stream. */
  whole(answer: Answer): unknown
  /** The events that one part becomes; what every protocol says alike never comes here. */
  events(part: Exclude<Part, { type: 'error' | 'loading' }>): unknown[]
  /** The event that says how much of the model is there, 0 to 1; left out where a comment does. */
  loading?(fraction: number): unknown
}

/** What stands in every body of one answer. */
export interface Envelope {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly model: string
  /** Names the weights, so that a change of them shows. */
  readonly system_fingerprint: string | null
}

/**
 * Counted tokens as OpenAI shows them. `cached_tokens` are among the prompt's, `reasoning_tokens` among the
 * completion's.
 */
export function usageOf(counted: Usage): z.infer<typeof usage> {
  const { promptTokens, cachedTokens, outputTokens, reasoningTokens, estimated } = counted
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
    ...(estimated === undefined ? {} : { estimated }),
  }
}

/** Why a text ended, in OpenAI's words; calls of tools, which text completions do not know, are `stop`. */
export function finishReasonOf(reason: FinishReason): 'stop' | 'length' | 'content_filter' {
  // A cancelled answer ends with an error before anybody could be told this.
  return reason === 'cancelled' ? 'length' : reason === 'tool_calls' ? 'stop' : reason
}

/**
 * A token as text; one that holds only part of a character shows its bytes, as OpenAI does (the old endpoint with
 * `bytes:` in front).
 */
export function tokenText({ bytes }: Pick<TokenLogprob, 'bytes'>, mark = ''): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return mark + bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  }
}

/** JSON has no −∞; OpenAI writes −9999 for what cannot be chosen. */
export function finiteLogprob(logprob: number): number {
  return Number.isFinite(logprob) ? logprob : -9999
}
