import type { ElpisError } from '../errors.ts'
import type { RequestId } from '../core/ids.ts'
import { errorBodyOf } from './error-body.ts'

/** How one protocol puts the events of an answer on the line. */
export interface Framing {
  readonly contentType: string
  frame(event: unknown): string
  /** The last frame of an answer that failed in the middle; nothing follows it. */
  failure(error: ElpisError, id: RequestId): string
  /** What follows the last event of a whole answer; empty where that event says it already. */
  readonly end: string
}

export const eventStreamType = 'text/event-stream; charset=utf-8'

/** One server-sent event, as the HTML standard has it (9.2.5). `data` has no line breaks: it is JSON. */
export function serverSentEvent(data: string, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`
}

/**
 * Says how much of the model is there. A comment: clients must ignore it (HTML standard, 9.2.6), while an event of a name
 * that they do not know is an answer's piece to OpenAI's, and an error to others.
 */
export function loadingComment(fraction: number): string {
  return `: loading ${Math.floor(fraction * 100)}%\n\n`
}

/** OpenAI's clients throw on an event whose data has an `error`. There is no `[DONE]` after it: this is no whole answer. */
export const openAiFraming: Framing = {
  contentType: eventStreamType,
  frame: (event) => serverSentEvent(JSON.stringify(event)),
  failure: (error, id) => serverSentEvent(JSON.stringify(errorBodyOf(error, id)), 'error'),
  end: serverSentEvent('[DONE]'),
}
