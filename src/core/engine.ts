import type { Part } from './part.ts'
import type { RequestId } from './ids.ts'
import type { EngineRequest, Input, Request, Share } from './request.ts'

/** What a model is, as its file tells. */
export interface ModelNature {
  /** Such as `llama`; null when it does not say. */
  readonly architecture: string | null
  readonly parameters: number
  /** Such as `Q4_K_M`. */
  readonly quantisation: string | null
}

/** A model that this server answers for, as clients see it. */
export interface ServedModel {
  /** The name that clients use, such as `smollm2:135m`. */
  readonly id: string
  /** SHA-256 of the weights; null when they lie elsewhere and nobody says. */
  readonly digest: string | null
  /** Tokens that prompt and answer may have together. */
  readonly contextTokens: number
  readonly licence: string | null
  readonly abilities: readonly Ability[]
  /** Epoch milliseconds at which it was pulled. */
  readonly createdAt: number
  /** What computes it, such as `llama.cpp 0.5.0 haswell`, once it was loaded: the same build computes the same bits. */
  readonly build?: string
  /** How its cache is laid out; null where the same layout does not mean the same bits. */
  readonly layout?: string | null
  /** What its file says of itself; left out for models that lie elsewhere. */
  readonly nature?: ModelNature
  /** A probe of these weights reads its hidden states, since it was loaded last. */
  readonly probed?: true
  /** The model that it is an adapter of, when it is one; its `digest` is then that of the adapter. */
  readonly parent?: string
}

/**
 * `unloaded` is loaded when somebody asks for it; `loading` and `restarting` become something else by themselves; `failed`
 * has given up and says why.
 */
export type ModelState =
  | { readonly state: 'unloaded' }
  | { readonly state: 'loading'; readonly fraction: number }
  | { readonly state: 'ready' }
  | { readonly state: 'restarting'; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string }

/** What is taken of the process that holds a model, by its own account. Nothing of it is, when nobody is answered. */
export interface Occupancy {
  /** Sequences that are promised to somebody. */
  readonly sequences: number
  /** Cells of the KV cache that these use; a shared one counts once. */
  readonly cells: number
  /** Cells of what was computed before, kept for whoever begins alike. */
  readonly keptCells: number
  /** Tokens that the draft model proposed so far, and how many of them were right; left out where there is none. */
  readonly drafts?: { readonly proposed: number; readonly right: number }
}

/** One model's load at this moment, for `/health` and its like. */
export interface ModelStatus {
  readonly model: string
  readonly state: ModelState
  /** Sequences being generated now. */
  readonly active: number
  /** Requests accepted that wait for a sequence. */
  readonly queued: number
  /** The process of this machine that holds it; left out when there is none. */
  readonly processId?: number
  /** As last told; left out until the process has done something. */
  readonly occupancy?: Occupancy
}

/** Turns a request into parts. An engine knows nothing of people, keys or wire formats. */
export interface Engine {
  models(): readonly ServedModel[]
  status(): readonly ModelStatus[]
  /**
   * Never throws once iteration began: failures are `error` parts. Stops within one decode step after
   * `request.signal` is aborted or the iterator is returned.
   */
  generate(request: EngineRequest): AsyncGenerator<Part>
  /** @throws ElpisError */
  embed(request: EmbedRequest): Promise<Embeddings>
  /** @throws ElpisError */
  rerank(request: RerankRequest): Promise<Ranking>
  /** @throws ElpisError */
  tokenize(request: TokenizeRequest): Promise<Tokens>
  close(): Promise<void>
}

/** What a model is for. */
export type Ability = 'generate' | 'embed' | 'rerank'

interface BriefRequest {
  readonly id: RequestId
  readonly model: string
  readonly signal: AbortSignal
  readonly share: Share
}

export interface EmbedRequest extends BriefRequest {
  /** Texts, or token ids as they are. */
  readonly inputs: readonly (string | readonly number[])[]
  /** Vectors are cut to so many dimensions and brought back to length 1; null leaves them whole. */
  readonly dimensions: number | null
}

export interface Embeddings {
  /** One for each input, in order, each of length 1. */
  readonly vectors: readonly Float32Array[]
  readonly promptTokens: number
}

export interface RerankRequest extends BriefRequest {
  readonly query: string
  readonly documents: readonly string[]
}

export interface Ranking {
  /** One for each document, in order; greater is more relevant. */
  readonly scores: readonly number[]
  /** What scores them: a model that reads query and document together (0 to 1), or the angle between their vectors (−1 to 1). */
  readonly method: 'cross-encoder' | 'cosine-similarity'
  readonly promptTokens: number
}

export interface TokenizeRequest extends BriefRequest {
  readonly input: Input
  /** What a conversation's template is told besides; nothing when left out. */
  readonly outlook?: Pick<Request, 'toolUse' | 'reasoning'>
}

export interface Tokens {
  /** What the model would be given, template and beginning-of-sequence token included. */
  readonly tokens: readonly number[]
  /** Most tokens of prompt and answer together. */
  readonly contextTokens: number
}
