import type { Part } from './part.ts'
import type { Request } from './request.ts'

/** A model that this server answers for, as clients see it. */
export interface ServedModel {
  /** The name that clients use, such as `smollm2:135m`. */
  readonly id: string
  /** SHA-256 of the weights. */
  readonly digest: string
  /** Tokens that prompt and answer may have together. */
  readonly contextTokens: number
  readonly licence: string | null
  /** Epoch milliseconds at which it was pulled. */
  readonly createdAt: number
}

/** `loading` and `restarting` become something else by themselves; `failed` has given up and says why. */
export type ModelState =
  | { readonly state: 'loading'; readonly fraction: number }
  | { readonly state: 'ready' }
  | { readonly state: 'restarting'; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string }

/** One model's load at this moment, for `/health` and its like. */
export interface ModelStatus {
  readonly model: string
  readonly state: ModelState
  /** Sequences being generated now. */
  readonly active: number
  /** Requests accepted that wait for a sequence. */
  readonly queued: number
}

/** Turns a request into parts. An engine knows nothing of people, keys or wire formats. */
export interface Engine {
  models(): readonly ServedModel[]
  status(): readonly ModelStatus[]
  /**
   * Never throws once iteration began: failures are `error` parts. Stops within one decode step after
   * `request.signal` is aborted or the iterator is returned.
   */
  generate(request: Request): AsyncGenerator<Part>
  close(): Promise<void>
}
