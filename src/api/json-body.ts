import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ElpisError, elpisError } from '../errors.ts'

interface BodyLimits {
  /** Largest body of one request, in bytes. */
  readonly bodyBytes: number
  /** Bytes that all bodies being received may take together. */
  readonly totalBytes: number
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route reads a form from the request by itself. */
    takesUpload?: boolean
    /** The body is signed, and stays as it came. */
    takesBytes?: boolean
  }
}

/** Deeper than any request of ours; a parser or validator that recurses never sees more. */
const mostNesting = 64

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads JSON bodies: bounded in size each and together, bounded in depth, valid UTF-8, uncompressed. Anything else is
 * 413, 415, 400 or (when too many arrive at once) 503.
 */
export function readJsonBodies(app: FastifyInstance, { bodyBytes, totalBytes }: BodyLimits): void {
  let held = 0
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('multipart/form-data', ({ routeOptions }, _payload, done) => {
    if (routeOptions.config.takesUpload === true) done(null)
    else done(elpisError('unsupported_media_type', { type: 'multipart/form-data' }))
  })
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: IncomingMessage) => {
    refuseEncodings(request)
    if (Number(request.headers['content-length'] ?? 0) > bodyBytes) throw tooLarge(bodyBytes)
    // Most bodies came with their headers.
    const here = payload.complete ? (payload.read() as Buffer | null) : null
    if (here !== null) {
      if (here.length > bodyBytes) throw tooLarge(bodyBytes)
      return request.routeOptions.config.takesBytes === true ? here : parseJson(here)
    }
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of payload as AsyncIterable<Buffer>) {
        size += chunk.length
        held += chunk.length
        if (size > bodyBytes) throw tooLarge(bodyBytes)
        if (held > totalBytes) throw busy()
        chunks.push(chunk)
      }
      // Some clients announce a type even where they send nothing.
      if (size === 0 && request.method !== 'POST') return undefined
      const bytes = Buffer.concat(chunks, size)
      return request.routeOptions.config.takesBytes === true ? bytes : parseJson(bytes)
    } catch (error) {
      const left = !(error instanceof ElpisError) && request.raw.readableAborted
      throw left ? elpisError('client_left') : error
    } finally {
      held -= size
    }
  })
}

/** @throws `invalid_request` when the bytes are not JSON, not UTF-8 or nested too deeply. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw broken('it is empty')
  if (nesting(bytes) > mostNesting) throw broken(`it is nested deeper than ${mostNesting} levels`)
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw broken('it is not UTF-8')
  }
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the body, which may hold a secret and would end in logs.
    throw broken('it does not parse')
  }
}

/** How deep arrays and objects stand in one another; brackets within strings do not count. */
function nesting(bytes: Buffer): number {
  let depth = 0
  let most = 0
  let quoted = false
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    if (quoted) {
      if (byte === 0x5c) index++
      else if (byte === 0x22) quoted = false
    } else if (byte === 0x22) quoted = true
    else if (byte === 0x5b || byte === 0x7b) most = Math.max(most, ++depth)
    else if (byte === 0x5d || byte === 0x7d) depth--
  }
  return most
}

function refuseEncodings(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw elpisError('unsupported_media_type', { type: encoding.slice(0, 50) })
  }
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw elpisError('unsupported_media_type', { type: `charset ${charset.slice(0, 50)}` })
  }
}

function broken(problem: string) {
  return elpisError('invalid_request', { problem: `The body is not valid JSON: ${problem}.` })
}

function tooLarge(limit: number) {
  return elpisError('body_too_large', { limit })
}

function busy() {
  const error = elpisError('overloaded', { queued: 'their bodies alone fill the memory set aside' })
  error.retryAfter = 1
  return error
}
