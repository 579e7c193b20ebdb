import type { RequestId } from './ids.ts'

/** One turn of a conversation, as every door translates it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string
  readonly name?: string
}

export type Input =
  /** A conversation, to be rendered with the model's own chat template. */
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] }
  /** Text that the model continues as it stands. */
  | { readonly kind: 'text'; readonly text: string }

/** How the next token is chosen. Every value is explicit: a door fills in its protocol's defaults. */
export interface Sampling {
  /** 0 means greedy. */
  readonly temperature: number
  /** 1 means off. */
  readonly topP: number
  /** 0 means off. */
  readonly topK: number
  /** 0 means off. */
  readonly minP: number
  /** Over prompt and output, as llama.cpp has it; 1 means off. */
  readonly repeatPenalty: number
  /** Over the output; 0 means off. */
  readonly presencePenalty: number
  /** Over the output; 0 means off. */
  readonly frequencyPenalty: number
  /** Token id → added to its logit; −100 bans the token. */
  readonly logitBias: ReadonlyMap<number, number>
  /** 32-bit unsigned. The same request with the same seed gives the same text. */
  readonly seed: number
}

/** One question to a model, free of any wire format. */
export interface Request {
  readonly id: RequestId
  /** The model as the client named it. */
  readonly model: string
  readonly input: Input
  readonly sampling: Sampling
  /** How many independent answers (`n`). */
  readonly choices: number
  /** Per choice; null means up to the end of the context. */
  readonly maxTokens: number | null
  readonly stop: readonly string[]
  /** Go on past the model's end-of-turn token; for benchmarks. */
  readonly ignoreEos: boolean
  /** How many alternatives to report per token; 0 reports the chosen token only; null reports nothing. */
  readonly topLogprobs: number | null
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}
