import type { Part } from '../core/part.ts'
import type { ChatMessage } from '../core/request.ts'

/** How the next answer is made; what is left out is the server's default. */
export interface TalkSettings {
  readonly temperature?: number
  readonly seed?: number
  readonly maxTokens?: number
}

/** Somebody to talk to: a model of a running server, or one loaded here. */
export interface Talk extends AsyncDisposable {
  readonly model: string
  /** Where it runs, for people. */
  readonly place: string
  /** Aborting the signal stops the answer; failures are `error` parts. */
  answer(messages: readonly ChatMessage[], settings: TalkSettings, signal: AbortSignal): AsyncIterable<Part>
}
