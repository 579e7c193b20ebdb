import type { RequestId } from './ids.ts'

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }

/** One turn of a conversation, as every door translates it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string
  readonly name?: string
  /** What an assistant's turn thought before it answered. */
  readonly reasoning?: string
  /** What an assistant's turn called. */
  readonly toolCalls?: readonly ToolCall[]
  /** In a tool's turn: the call that it answers. */
  readonly toolCallId?: string
}

/** A call that a model made. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text, as the model wrote it. */
  readonly arguments: string
}

/** A function that the model may call; the client runs it. */
export interface Tool {
  readonly name: string
  readonly description: string | null
  /** JSON Schema of its arguments; null means none. */
  readonly parameters: JsonObject | null
  /** The arguments are held to the schema by grammar, whatever the choice. */
  readonly strict: boolean
}

export interface ToolUse {
  readonly tools: readonly Tool[]
  readonly choice: 'auto' | 'none' | 'required' | { readonly name: string }
  /** Several calls in one turn are allowed. */
  readonly parallel: boolean
}

/** What the text of an answer must be. */
export type OutputFormat =
  | { readonly kind: 'text' }
  /** Any JSON object. */
  | { readonly kind: 'json-object' }
  | { readonly kind: 'json-schema'; readonly schema: JsonObject }

/** How a model that can think before it answers shall do so. */
export interface Reasoning {
  /** `default` leaves it to the model's template. */
  readonly mode: 'default' | 'off' | 'on'
  /** For templates that are told so; left out, they take their own. */
  readonly effort?: 'low' | 'medium' | 'high'
  /** Most tokens of thought; null means no bound of its own. */
  readonly budget: number | null
}

export type Input =
  /** A conversation, to be rendered with the model's own chat template. */
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] }
  /** Text that the model continues as it stands. */
  | { readonly kind: 'text'; readonly text: string }
  /** Tokens that the model continues, taken as they are. */
  | { readonly kind: 'tokens'; readonly tokens: readonly number[] }

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
  /** Null when the request has no tools. */
  readonly toolUse: ToolUse | null
  readonly format: OutputFormat
  readonly reasoning: Reasoning
  /** Epoch milliseconds after which the answer is of no use; null means no bound of the client's. */
  readonly deadline: number | null
  /** 0 is usual; a greater number gives way to smaller ones, as in vLLM. A client can only lower itself. */
  readonly priority: number
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** Whose share of an engine a request takes, without saying who that is. */
export interface Share {
  /** Requests of one account stand in one line. */
  readonly account: string
  /** How much of the engine it gets while others wait, in relation to theirs; 1 is usual. */
  readonly weight: number
  /** Only requests of one scope may profit from each other's cached prompts: how fast an answer comes tells what was asked before. */
  readonly cacheScope: string
}

/** One choice of an answer that was given earlier. */
export interface RecordedChoice {
  /** Its index: each choice has its own noise. */
  readonly choice: number
  /** All tokens that were chosen, in order. */
  readonly tokens: readonly number[]
  /** Epoch milliseconds of its prompt: templates may write the date. */
  readonly renderedAt: number
}

/** A request as an engine gets it. */
export interface EngineRequest extends Request {
  readonly share: Share
  /**
   * Computes an earlier answer once more, many tokens a step: these are taken whatever would be chosen now, and the
   * part `finish` tells by how much each was not the choice. With one choice, and without stop strings.
   */
  readonly recorded?: RecordedChoice
}

/** Values of `Request` that ask for nothing special. */
export const plainRequest = {
  toolUse: null,
  format: { kind: 'text' },
  reasoning: { mode: 'default', budget: null },
  deadline: null,
  priority: 0,
} as const satisfies Partial<Request>

/** Sampling from the model's own probabilities, as they are. */
export const plainSampling: Omit<Sampling, 'seed'> = {
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  repeatPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
}
