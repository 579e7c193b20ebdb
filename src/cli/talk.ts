import type { Part } from '../core/part.ts'
import type { ChatMessage } from '../core/request.ts'

/** The API's own default, 1, lets small models wander. */
export const talkTemperature = 0.7

/** How the next answer is made. */
export interface TalkSettings {
  /** `talkTemperature` when left out. */
  readonly temperature?: number
  readonly seed?: number
  readonly maxTokens?: number
}

/** Somebody to talk to: a model of a running server, or one loaded here. */
export interface Talk extends AsyncDisposable {
  readonly model: string
  /** Where it runs, for people. */
  readonly place: string
  /** How often somebody read what was said there and whoever talks has not seen it yet. */
  readonly unseen: number
  /** Aborting the signal stops the answer; failures are `error` parts. */
  answer(messages: readonly ChatMessage[], settings: TalkSettings, signal: AbortSignal): AsyncIterable<Part>
}
