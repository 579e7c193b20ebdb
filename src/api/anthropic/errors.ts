import { z } from 'zod'
import type { RequestId } from '../../core/ids.ts'
import type { ElpisError } from '../../errors.ts'
import type { ErrorWriter } from '../error-body.ts'
import { eventStreamType, serverSentEvent, type Framing } from '../framing.ts'

/** The body of every answer that is not a success, as Anthropic has it, with what to do about it. */
export const anthropicError = z.object({
  type: z.literal('error'),
  error: z.object({
    type: z.string().describe('The family of the error, as Anthropic names them.'),
    message: z.string(),
    code: z.string().describe('Extension. Stable; see docs/reference/errors.md.'),
    param: z.string().nullable().describe('Extension. The field of the request that is wrong.'),
    hint: z.string().describe('Extension. What to do about it.'),
  }),
  request_id: z.string(),
})

export const anthropicErrors: ErrorWriter = { body: bodyOf, headers: requestIdHeader }

/** Events carry their type twice: in front, and in their data. */
export const anthropicFraming: Framing = {
  contentType: eventStreamType,
  frame: (event) => serverSentEvent(JSON.stringify(event), (event as { type: string }).type),
  failure: (error, id) => serverSentEvent(JSON.stringify(bodyOf(error, id)), 'error'),
  end: '',
}

/** The header in which Anthropic's clients look for the id of a request. */
export function requestIdHeader(id: RequestId): Record<string, string> {
  return { 'request-id': id }
}

function bodyOf(error: ElpisError, id: RequestId): z.infer<typeof anthropicError> {
  const { message, param, code, hint, status } = error
  return { type: 'error', error: { type: typeOf(status), message, code, param, hint }, request_id: id }
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 503:
      return 'overloaded_error'
    case 504:
      return 'timeout_error'
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error'
  }
}
