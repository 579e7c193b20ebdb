import type { Socket } from 'node:net'
import { elpisError, type ElpisError } from '../errors.ts'
import { errorBodyOf } from './error-body.ts'
import { newRequestId } from './exchange.ts'

/** Headers of one request together. */
export const mostHeaderBytes = 16_384

/** Answers what is not HTTP, or too slow, in the shape of all errors, and hangs up. */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const known = knownError(error.code)
  const id = newRequestId()
  const body = JSON.stringify(errorBodyOf(known, id))
  const head = [
    `HTTP/1.1 ${known.status} Refused`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${id}`,
    'x-content-type-options: nosniff',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function knownError(code: string | undefined): ElpisError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return elpisError('headers_too_large', { limit: mostHeaderBytes })
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return elpisError('request_timeout')
    default:
      return elpisError('invalid_request', { problem: 'This is not well-formed HTTP/1.1.' })
  }
}
