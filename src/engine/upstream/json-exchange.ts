/** One small exchange with a replica: a request, and an answer that comes whole, as JSON. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { z } from 'zod'
import { elpisError } from '../../errors.ts'
import { broken, connectionFailure, refusal, type Failure } from './failures.ts'
import type { Replica } from './replica.ts'

/** 2,048 vectors of 4,096 numbers as text take about 100 MB. */
const mostBytes = 128 * 1024 * 1024

interface Asking<Schema extends z.ZodType> {
  /** For errors. */
  readonly model: string
  readonly replica: Replica
  readonly path: string
  /** A POST; a GET when left out. */
  readonly body?: string
  readonly schema: Schema
  readonly key: string | null
  readonly signal: AbortSignal
}

/** An `ElpisError` and what it says about the server. */
export class Failed extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.error.message, { cause: failure.error })
    this.failure = failure
  }
}

/**
 * Asks and reads the answer.
 *
 * @throws `Failed`; the reason of the signal
 */
export async function askJson<Schema extends z.ZodType>(asking: Asking<Schema>): Promise<z.output<Schema>> {
  const { model, key, schema } = asking
  const { status, headers, body } = await exchanged(asking)
  if (status !== 200) throw new Failed(refusal(model, { status, headers, key, body: body.toString() }))
  const wrong = (reason: string) => new Failed(broken(model, reason))
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) throw wrong('its answer is not JSON')
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch {
    throw wrong('its answer is not valid JSON')
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw wrong('its answer is not as the protocol says')
  return parsed.data
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

function exchanged({ model, replica, path, body, signal }: Asking<z.ZodType>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null
    let head: Pick<Answer, 'status' | 'headers'> | null = null
    let bytes = 0
    const chunks: Buffer[] = []
    const fail = (error: unknown) => {
      signal.removeEventListener('abort', leave)
      controller?.abort(new Error('nobody waits for the answer'))
      reject(error as Error)
    }
    const leave = () => fail(signal.reason ?? elpisError('client_left'))
    if (signal.aborted) {
      leave()
      return
    }
    signal.addEventListener('abort', leave, { once: true })
    replica.send(
      { method: body === undefined ? 'GET' : 'POST', path, ...(body === undefined ? {} : { body }) },
      {
        onRequestStart(given) {
          controller = given
          if (signal.aborted) given.abort(new Error('nobody waits for the answer'))
        },
        onResponseStart(_controller, status, headers) {
          if (status >= 200) head = { status, headers }
        },
        onResponseData(_controller, chunk) {
          bytes += chunk.length
          if (bytes > mostBytes) fail(new Failed(broken(model, 'its answer has no end')))
          else chunks.push(chunk)
        },
        onResponseEnd() {
          signal.removeEventListener('abort', leave)
          resolve({ ...(head ?? { status: 0, headers: {} }), body: Buffer.concat(chunks, bytes) })
        },
        onResponseError: (_controller, error) =>
          fail(new Failed(connectionFailure(model, error, head !== null))),
      },
    )
  })
}
