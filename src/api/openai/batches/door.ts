import { z } from 'zod'
import type { Access } from '../../../access/access.ts'
import type { KeyId } from '../../../core/ids.ts'
import { asElpisError, elpisError, type ElpisError } from '../../../errors.ts'
import type { BatchDoor, BatchLine, LineAnswer } from '../../../kept/batch-door.ts'
import type { BatchEndpoint } from '../../../kept/store.ts'
import { errorBodyOf } from '../../error-body.ts'
import { withEndUser } from '../../end-user.ts'
import { newRequestId, type Exchange } from '../../exchange.ts'
import { parseJson } from '../../json-body.ts'
import { parseBody } from '../../parse.ts'
import type { Route } from '../../route.ts'
import { CapturedReply } from './captured-reply.ts'

/** Behind everybody who waits for an answer. */
const batchPriority = 100

const line = z.strictObject({
  custom_id: z.string().min(1).max(512),
  method: z.literal('POST', { error: 'must be POST' }),
  url: z.string().max(200),
  body: z.record(z.string(), z.unknown()),
})
const named = z.object({ custom_id: z.string().min(1).max(512) })

interface DoorParts {
  readonly mostLineBytes: number
  readonly access: Pick<Access, 'enter'>
  readonly now: () => number
}

/** Answers lines of batches by the routes that answer everybody, to keys that may use them. */
export function batchDoor(routes: readonly Route[], { mostLineBytes, access, now }: DoorParts): BatchDoor {
  return {
    read(bytes, endpoint) {
      if (bytes === null)
        return { customId: null, error: elpisError('body_too_large', { limit: mostLineBytes }) }
      let value: unknown
      try {
        value = parseJson(bytes)
        return readLine(value, endpoint)
      } catch (error) {
        return { customId: named.safeParse(value).data?.custom_id ?? null, error: asElpisError(error) }
      }
    },
    async answer(asked, { endpoint, keyId, signal }) {
      const exchange = exchangeOf(keyId, signal, now())
      const route = routes.find(({ path, method }) => path === endpoint && method === 'POST')
      try {
        if (asked.error !== undefined) throw asked.error
        if (route?.body === undefined) throw elpisError('not_found', { method: 'POST', path: endpoint })
        if (route.needs === 'nothing') throw elpisError('not_found', { method: 'POST', path: endpoint })
        await access.enter(exchange.credentials, { needs: route.needs, path: route.path })
        return await answerBy(route, route.body, asked.body, exchange)
      } catch (error) {
        return failureOf(asElpisError(error), exchange)
      }
    },
  }
}

/** @throws `invalid_request`, `unsupported_parameter` */
function readLine(value: unknown, endpoint: BatchEndpoint): BatchLine {
  const { custom_id: customId, url, body } = parseBody(line, value)
  if (url !== endpoint) {
    throw elpisError('invalid_request', { problem: `url: must be ${endpoint}, as that of the batch` })
  }
  if (body['stream'] === true) {
    const error = elpisError('unsupported_parameter', {
      parameter: 'stream',
      reason: 'a batch is answered whole',
    })
    error.param = 'stream'
    throw error
  }
  return { customId, body }
}

async function answerBy(
  route: Route,
  schema: z.ZodType,
  body: unknown,
  exchange: Exchange,
): Promise<LineAnswer> {
  const reply = new CapturedReply()
  const parsed = parseBody(schema, body)
  const returned = await route.handle({
    exchange: withEndUser(exchange, parsed),
    body: parsed,
    query: undefined,
    rest: '',
    names: {},
    reply: reply.asReply(),
    // Only uploads are read from there.
    incoming: null as never,
    bytes: Buffer.alloc(0),
  })
  return { requestId: exchange.id, status: 200, body: reply.bodyOf(returned), error: null }
}

function exchangeOf(keyId: KeyId, signal: AbortSignal, now: number): Exchange {
  return {
    id: newRequestId(),
    credentials: { bearer: null, cookie: null, onBehalfOf: keyId },
    origin: 'none',
    left: signal,
    startedAt: now,
    deadline: null,
    priority: batchPriority,
    account: null,
    outcome: {},
  }
}

function failureOf(error: ElpisError, { id }: Exchange): LineAnswer {
  return { requestId: id, status: error.status, body: errorBodyOf(error, id), error }
}
