import { z } from 'zod'
import type { RequestId } from '../core/ids.ts'
import type { ElpisError } from '../errors.ts'

/** The body of every answer that is not a success: OpenAI's shape, with what to do about it. */
export const errorBody = z.object({
  error: z.object({
    message: z.string(),
    type: z.string().describe('The family of the error, as OpenAI names them.'),
    param: z.string().nullable().describe('The field of the request that is wrong.'),
    code: z.string().describe('Stable; see docs/reference/errors.md.'),
    hint: z.string().describe('What to do about it.'),
    request_id: z.string(),
    notice: z
      .record(z.string(), z.string().nullable())
      .optional()
      .describe('For programs: of `suspended` and `banned`, the `case`, `reason`, `until` and `appeal`.'),
  }),
})

export type ErrorBody = z.infer<typeof errorBody>

/** An error in the shape of OpenAI's, with our code, hint and the request's id. */
export function errorBodyOf(error: ElpisError, id: RequestId): ErrorBody {
  const { message, param, code, hint, status, notice } = error
  const body = { message, type: typeOf(status), param, code, hint, request_id: id }
  return { error: notice === null ? body : { ...body, notice } }
}

/** What every route that works with a model may say no with, for the document; `schema` is the protocol's own. */
export function modelRefusals(schema: z.ZodType = errorBody) {
  return {
    400: { description: 'The request is wrong; `param` names the field.', schema },
    401: { description: 'No valid key.', schema },
    404: { description: 'The model is not served here.', schema },
    503: { description: 'Too busy, or not ready yet; see Retry-After.', schema },
  } as const
}

/** How one protocol writes down what went wrong. */
export interface ErrorWriter {
  body(error: ElpisError, id: RequestId): unknown
  /** Besides those that go with every error. */
  headers?(id: RequestId): Record<string, string>
}

/** For everything that does not say otherwise. */
export const openAiErrors: ErrorWriter = { body: errorBodyOf }

/** A part of the paths that strangers learn nothing about, with the way in which errors below it are written. */
export interface ClosedPrefix {
  /** Such as `/v1`. */
  readonly prefix: string
  readonly errors: ErrorWriter
}

/** Headers that go with an error. */
export function errorHeaders(error: ElpisError): Record<string, string> {
  const headers: Record<string, string> = {}
  if (error.retryAfter !== null) headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfter)))
  // RFC 9110, 11.6.1: a 401 says which scheme would do.
  if (error.status === 401) headers['www-authenticate'] = 'Bearer realm="elpis"'
  return headers
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 429:
      return 'rate_limit_error'
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error'
  }
}
