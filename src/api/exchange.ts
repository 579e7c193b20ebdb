import type { ServerResponse } from 'node:http'
import type { RequestId } from '../core/ids.ts'
import type { Credentials } from '../core/principal.ts'
import { RandomLetters } from '../core/random-letters.ts'
import type { OriginKind } from './host-and-origin.ts'

/** One request and its answer at the edge: what every handler is given besides the body. */
export interface Exchange {
  readonly id: RequestId
  readonly credentials: Credentials
  readonly origin: OriginKind
  /** Aborted the moment the client is gone before its answer is complete. */
  readonly left: AbortSignal
  readonly startedAt: number
  /** Epoch milliseconds until which the client waits for an answer to begin; null when it did not say. */
  readonly deadline: number | null
  /** Gives way to others by at least so much, as `Request.priority` has it; 0 when left out. */
  readonly priority?: number
  /** Whose it is, once that was found out; null until then. */
  account: string | null
  /** For the log: how the answer ended when the status cannot say it any more, and what it took. */
  outcome: { code?: string; model?: string; promptTokens?: number; outputTokens?: number }
}

const random = new RandomLetters(15, 'x')

/** `req_` and 120 random bits. Ours always: a client's own id could fake or blur what the log says. */
export function newRequestId(): RequestId {
  return `req_${random.next()}` as RequestId
}

/** Another name for what came of a request, such as `chatcmpl-…`, so that the two can be found by each other. */
export function idLike(id: RequestId, prefix: string): string {
  return prefix + id.slice('req_'.length)
}

/** Aborted when the connection closes before the answer was written in full. */
export function leaving(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

/**
 * When the client stops waiting, as the official clients of OpenAI and Anthropic tell it: seconds in `x-stainless-timeout`.
 * What cannot be read says nothing.
 */
export function deadlineOf(header: string | string[] | undefined, now: number): number | null {
  const seconds = typeof header === 'string' && /^\d{1,6}(\.\d{1,3})?$/.test(header) ? Number(header) : 0
  return seconds > 0 ? now + seconds * 1000 : null
}
