import type { ElpisError } from '../errors.ts'

/** One token that was chosen, with what else could have been. */
export interface TokenLogprob {
  /** −1 when another server chose it and told its text only. */
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

/** What a probe of the model's hidden states says, 0 to 1: the highest so far. No number when it could not be computed. */
export interface ProbeScores {
  readonly prompt: number
  /** Of all that a choice said before this; null while that is too little, and where the probe knows nothing of answers. */
  readonly answer: number | null
}

/**
 * Why a choice ended: the model said so or a stop string was met (`stop`), the token limit or the end of the context
 * (`length`), it waits for what its tool calls give (`tool_calls`), nobody waits any more (`cancelled`), the guard (`content_filter`).
 */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'cancelled' | 'content_filter'

/**
 * A window of an answer that the guard judged and let go: the channel (`text`, `reasoning`, `call 0`), up to where of all
 * that the channel says it was let go, and up to where it was there to be read. In UTF-16 units.
 */
export type JudgedWindow = readonly [channel: string, end: number, seen: number]

/** Tokens of one request, over all its choices. The prompt counts once. */
export interface Usage {
  readonly promptTokens: number
  /** Of the prompt's tokens, how many were taken from the cache. */
  readonly cachedTokens: number
  /** All tokens that were chosen, thoughts and tool calls as well. */
  readonly outputTokens: number
  /** Of the output's tokens, how many were thoughts. */
  readonly reasoningTokens: number
  /** Set when whoever computed the answer did not count, or not believably: the numbers were reckoned here. */
  readonly estimated?: true
}

/**
 * What an engine yields and every later stage transforms. Order: `loading` as often as there is need, `start`, then for each choice any number of
 * deltas and one `finish` (choices interleave), then one `usage`. A tool call begins with `tool-call-start`; its deltas
 * follow before the next call of that choice begins. Or `error` at any point, which is the last part:
 * failures in mid-stream are parts, never throws.
 */
export type Part =
  /** Nothing has begun: the model is on its way into memory, and so much of it is there, 0 to 1. Each tells all. */
  | { readonly type: 'loading'; readonly fraction: number }
  | {
      readonly type: 'start'
      readonly promptTokens: number
      readonly cachedTokens: number
      /** Milliseconds that it waited until a model took it up; left out when nobody says. */
      readonly waitedMs?: number
    }
  | {
      readonly type: 'text-delta'
      readonly choice: number
      /** Whole characters only; may be empty when `logprobs` reports a token whose text is held back. */
      readonly text: string
      /** How many tokens this text took. */
      readonly tokens: number
      readonly logprobs: readonly TokenLogprob[] | null
      /** Set when a probe reads the model: so in all deltas of an answer. For the guard, and no further. */
      readonly probe?: ProbeScores
    }
  | {
      readonly type: 'reasoning-delta'
      readonly choice: number
      /** Whole characters of a thought, without the marks around it. */
      readonly text: string
      readonly tokens: number
      readonly logprobs: readonly TokenLogprob[] | null
      readonly probe?: ProbeScores
    }
  | {
      readonly type: 'tool-call-start'
      readonly choice: number
      /** Counts the calls of one choice from 0. */
      readonly call: number
      /** `call_…` */
      readonly id: string
      readonly name: string
      readonly probe?: ProbeScores
    }
  | {
      readonly type: 'tool-call-delta'
      readonly choice: number
      readonly call: number
      /** More of the arguments: JSON text, whole characters. */
      readonly arguments: string
      readonly tokens: number
      readonly probe?: ProbeScores
    }
  | {
      readonly type: 'finish'
      readonly choice: number
      readonly reason: FinishReason
      /** The stop string that was met; left out when it ended otherwise. */
      readonly stopString?: string
      /** All tokens that were chosen, in order; left out by engines that do not know them. */
      readonly tokens?: readonly number[]
      /**
       * Of a recorded answer, for each token: 0 when it is what would be chosen now, else by how much less it scores than
       * that, in units of logit / temperature (of logits, when greedy).
       */
      readonly margins?: readonly number[]
      /** In the order in which they were judged; left out where nothing was judged, or the guard ended it. */
      readonly windows?: readonly JudgedWindow[]
      readonly probe?: ProbeScores
      /** For training a probe: hidden states where the prompt ends, then the means of each 16 tokens of the answer. */
      readonly states?: readonly Float32Array[]
    }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'error'; readonly error: ElpisError }
