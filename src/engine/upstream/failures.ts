/** What goes wrong at an upstream, in our words. */
import type { IncomingHttpHeaders } from 'node:http'
import { elpisError, type ElpisError } from '../../errors.ts'
import { errorAnswer } from './event-schema.ts'

/** An end without an answer, and whether another try may go better. */
export interface Failure {
  readonly error: ElpisError
  /** What happened, without the words around it. */
  readonly reason: string
  /** Nothing was answered, and nothing says that the next try ends alike. */
  readonly retry: boolean
  /** Whether it counts against the server; null when it says nothing about that. */
  readonly ill: boolean | null
}

const longestReason = 500
const mostRetrySeconds = 3600

/** An upstream that did not do as the protocol says, once an answer had begun. */
export function broken(model: string, reason: string): Failure {
  return { error: elpisError('upstream_failed', { model, reason }), reason, retry: false, ill: true }
}

/** What the connection threw. `begun`: bytes of an answer had come. */
export function connectionFailure(model: string, thrown: Error & { code?: string }, begun: boolean): Failure {
  switch (thrown.code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
      return broken(model, 'it did not begin to answer in time')
    case 'UND_ERR_BODY_TIMEOUT':
      return broken(model, 'it fell silent within its answer')
    case 'UND_ERR_HEADERS_OVERFLOW':
      return broken(model, 'the headers of its answer are too large')
    default:
  }
  if (begun) return broken(model, 'its answer was cut off')
  if (thrown.name === 'HTTPParserError') return broken(model, 'what it sends is not HTTP')
  const reason = connectionReasons.get(thrown.code ?? '') ?? 'the connection failed'
  return { error: unavailable(model, reason), reason, retry: true, ill: true }
}

const connectionReasons: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'it refuses connections'],
  ['ENOTFOUND', 'its host name is not known'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it does not take connections in time'],
  ['UND_ERR_SOCKET', 'it closed the connection'],
  ['ECONNRESET', 'it closed the connection'],
])

/** `upstream_unavailable` (503) with `Retry-After` in seconds. */
export function unavailable(model: string, reason: string, seconds = 1): ElpisError {
  const error = elpisError('upstream_unavailable', { model, reason })
  error.retryAfter = seconds
  return error
}

interface Refusal {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The beginning of its body. */
  readonly body: string
  /** The key that was sent, which must not come back to a client. */
  readonly key: string | null
}

/** An answer that is no success. */
export function refusal(model: string, { status, headers, body, key }: Refusal): Failure {
  const reason = reasonIn(body, key)
  if (status === 401 || status === 403)
    return broken(model, `it does not accept the key of this server (${status})`)
  if (status === 404)
    return broken(model, 'it does not know the model, or the path of its address is wrong (404)')
  if (status >= 300 && status < 400)
    return broken(model, `it points elsewhere (${status}), which is never followed`)
  if (status === 429 || status === 503) {
    const retryAfter = retrySeconds(headers['retry-after'])
    const error = elpisError('upstream_busy', { model })
    error.retryAfter = retryAfter ?? 1
    // Busy is not ill; but who only says 503 may as well be starting or stopping.
    const retry = status === 503 || retryAfter !== null
    return { error, reason: `it answers ${status}`, retry, ill: status === 503 && retryAfter === null }
  }
  if (status === 502) {
    const reason = 'what stands before it answers 502'
    return { error: unavailable(model, reason), reason, retry: true, ill: true }
  }
  if (status >= 400 && status < 500) {
    const said = reason ?? `status ${status}`
    const error = elpisError('upstream_refused', { model, reason: said })
    return { error, reason: said, retry: false, ill: null }
  }
  return broken(model, `status ${status}${reason === null ? '' : `, ${reason}`}`)
}

/** What an error says, on one line, without the key and without control characters; null when it says nothing. */
export function reasonIn(body: string, key: string | null): string | null {
  let message: string
  try {
    message = errorAnswer.parse(JSON.parse(body))
  } catch {
    return null
  }
  return plainReason(message, key)
}

/**
 * A message of an upstream in one line, cut to a bound, without control characters and without our key; null when
 * nothing is left.
 */
export function plainReason(message: string, key: string | null): string | null {
  const safe = key === null ? message : message.replaceAll(key, '…')
  const line = safe.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu, ' ').trim()
  return line === '' ? null : line.slice(0, longestReason)
}

/** `Retry-After` as seconds (RFC 9110, 10.2.3); null when there is none that can be read. */
function retrySeconds(header: string | undefined): number | null {
  if (header === undefined) return null
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), mostRetrySeconds) : null
}
