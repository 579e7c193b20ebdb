import type { ElpisError } from '../errors.ts'

/** One token that was chosen, with what else could have been. */
export interface TokenLogprob {
  readonly token: number
  /** The token's own bytes: a character may be split over several tokens. */
  readonly bytes: readonly number[]
  /** Natural logarithm of the model's probability, before sampling settings. */
  readonly logprob: number
  readonly top: readonly {
    readonly token: number
    readonly bytes: readonly number[]
    readonly logprob: number
  }[]
}

/**
 * Why a choice ended: the model said so or a stop string was met (`stop`), the token limit or the end of the context
 * (`length`), nobody waits any more (`cancelled`), the guard (`content_filter`).
 */
export type FinishReason = 'stop' | 'length' | 'cancelled' | 'content_filter'

/** Tokens of one request, over all its choices. The prompt counts once. */
export interface Usage {
  readonly promptTokens: number
  /** Of the prompt's tokens, how many were taken from the cache. */
  readonly cachedTokens: number
  readonly outputTokens: number
}

/**
 * What an engine yields and every later stage transforms. Order: `start`, then for each choice any number of
 * `text-delta` and one `finish` (choices interleave), then one `usage`. Or `error` at any point, which is the last part:
 * failures in mid-stream are parts, never throws.
 */
export type Part =
  | { readonly type: 'start'; readonly promptTokens: number; readonly cachedTokens: number }
  | {
      readonly type: 'text-delta'
      readonly choice: number
      /** Whole characters only; may be empty when `logprobs` reports a token whose text is held back. */
      readonly text: string
      /** How many tokens this text took. */
      readonly tokens: number
      readonly logprobs: readonly TokenLogprob[] | null
    }
  | { readonly type: 'finish'; readonly choice: number; readonly reason: FinishReason }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'error'; readonly error: ElpisError }
