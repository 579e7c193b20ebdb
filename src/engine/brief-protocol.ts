/** What the server and the process of a model say to each other about all work that is not generation. */
import type { Segment } from './protocol.ts'

/** What one vector is made of. */
export type EmbeddingInput =
  /** Gets the special tokens that the model wants around a text; control tokens in it stay text. */
  | { readonly kind: 'text'; readonly text: string }
  /** Taken as they are. */
  | { readonly kind: 'tokens'; readonly tokens: readonly number[] }
  /** For a model that says how well a document answers a query: in place of a vector comes what it says. */
  | { readonly kind: 'pair'; readonly query: string; readonly document: string }

/** `job` is unique among all jobs of the process's life. */
export type BriefCommand =
  | { readonly type: 'embed'; readonly job: number; readonly inputs: readonly EmbeddingInput[] }
  | {
      readonly type: 'tokenize'
      readonly job: number
      readonly prompt: readonly Segment[]
      readonly addBos: boolean
    }

export type BriefEvent =
  /** The next vectors of a job, in the order of its inputs, one after the other, each `width` long. */
  | {
      readonly type: 'vectors'
      readonly job: number
      readonly width: number
      readonly values: Float32Array
    }
  | { readonly type: 'tokens'; readonly job: number; readonly tokens: Int32Array }
  /** The job's last event when all went well, and after a cancel. */
  | { readonly type: 'ended'; readonly job: number; readonly promptTokens: number }
  /** An input does not fit: the job's only event. */
  | {
      readonly type: 'too-long'
      readonly job: number
      readonly input: number
      readonly tokens: number
      readonly contextTokens: number
    }
  /** The job's last event. */
  | { readonly type: 'failed'; readonly job: number; readonly reason: string }

export interface BriefReport {
  readonly type: 'brief'
  readonly events: readonly BriefEvent[]
}
