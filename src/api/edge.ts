/**
 * What happens to every request before any route: it gets an id, is counted, and is refused when the server is stopping
 * or when it comes from where it may not come from.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientAddress, Networks } from '../core/network.ts'
import { elpisError } from '../errors.ts'
import type { Exchanged } from '../monitoring/exchange-metrics.ts'
import type { Log } from '../log.ts'
import { credentialsOf, deviceOf } from './credentials.ts'
import { deadlineOf, leaving, newRequestId, type Exchange } from './exchange.ts'
import { quotaHeaderNames, quotaHeaders } from './quota-headers.ts'
import { hostAllowed, originKind } from './host-and-origin.ts'

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange
  }
}

export interface EdgeSettings {
  /** The address that the server is bound to. */
  readonly bind: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  /** Networks whose word on where a request comes from is believed. */
  readonly trustedProxies?: readonly string[]
}

export interface Edge {
  /** Gives a request its id and counts it; done already for all but those whose path cannot be read. */
  begin(request: FastifyRequest, reply: FastifyReply): void
  /** From now on new requests are answered with `shutting_down`. */
  stop(): void
  /** Resolves when no request is being answered. */
  idle(): Promise<void>
}

interface EdgeParts {
  readonly settings: EdgeSettings
  readonly log: Log
  readonly now: () => number
  /** Told of every request when it is over. */
  readonly onExchange: (exchanged: Exchanged) => void
}

/** Adds the checks of the edge to `app`, as hooks that run before any route. */
export function guardEdge(app: FastifyInstance, { settings, log, now, onExchange }: EdgeParts): Edge {
  const trusted = new Networks(settings.trustedProxies ?? [])
  let stopping = false
  let open = 0
  const whenIdle: (() => void)[] = []

  app.decorateRequest('exchange', null as unknown as Exchange)

  function begin(request: FastifyRequest, reply: FastifyReply): void {
    // Fastify hands over undecorated requests when it cannot even read the path.
    if ((request.exchange as Exchange | null | undefined) != null) return
    const { headers, method, raw } = request
    const origin = originKind(headers.origin, headers.host, settings.allowedOrigins)
    request.exchange = {
      id: newRequestId(),
      credentials: {
        ...credentialsOf(raw, origin, isSafe(method)),
        network: clientAddress(raw.socket.remoteAddress, textOf(headers['x-forwarded-for']), trusted),
        endUser: textOf(headers['x-elpis-end-user']) ?? null,
        device: deviceOf(headers),
        accepted: (entry) => void (reply.sent || reply.header('elpis-receipt', entry)),
        onQuota: (left) => void reply.headers(quotaHeaders(left, request.routeOptions.url, now())),
      },
      origin,
      left: leaving(reply.raw),
      startedAt: now(),
      deadline: deadlineOf(headers['x-stainless-timeout'], now()),
      account: null,
      outcome: {},
    }
    open++
    const { socket } = request.raw
    const sentBefore = socket.bytesWritten
    reply.raw.once('close', () => {
      open--
      finish(request, reply, socket.bytesWritten - sentBefore)
      if (open === 0) for (const resolve of whenIdle.splice(0)) resolve()
    })
    setCommonHeaders(reply, request.exchange)
  }

  app.addHook('onRequest', async (request, reply) => {
    begin(request, reply)
    const { headers, method, raw } = request
    const { origin } = request.exchange
    if (stopping) {
      reply.header('connection', 'close')
      const error = elpisError('shutting_down')
      error.retryAfter = 5
      throw error
    }
    // The absolute form is for proxies, and this is none: which host would count?
    if (raw.url?.startsWith('/') !== true) {
      throw elpisError('invalid_request', { problem: 'The request target must be a path.' })
    }
    if (!hostAllowed(headers.host, settings)) {
      throw elpisError('host_refused', { host: (headers.host ?? '').slice(0, 200) })
    }
    if (origin === 'foreign' && !isSafe(method)) throw refusedOrigin(headers.origin)
    if (origin === 'allowed') allowOrigin(reply, headers.origin ?? '')
    if (method === 'OPTIONS') return await preflight(request, reply)
    return undefined
  })

  function finish(
    { exchange, method, routeOptions }: FastifyRequest,
    { raw }: FastifyReply,
    sentBytes: number,
  ): void {
    const gone = !raw.writableFinished
    const route = routeOptions.url ?? 'none'
    const status = gone && !raw.headersSent ? 499 : raw.statusCode
    const code = exchange.outcome.code ?? (gone ? 'client_left' : null)
    onExchange({ id: exchange.id, route, method, status, code, sentBytes, account: exchange.account })
    log('info', 'request', {
      id: exchange.id,
      method,
      route,
      status,
      ms: Math.round(now() - exchange.startedAt),
      ...(exchange.account === null ? {} : { account: exchange.account }),
      ...(gone ? { code: 'client_left' } : {}),
      ...exchange.outcome,
    })
  }

  return {
    begin,
    stop: () => void (stopping = true),
    idle: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(', ')
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

function setCommonHeaders(reply: FastifyReply, { id }: Exchange): void {
  reply.headers({
    'x-request-id': id,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    vary: 'Origin',
  })
}

function refusedOrigin(origin: string | undefined) {
  return elpisError('origin_refused', { origin: (origin ?? '').slice(0, 200) })
}

const exposedHeaders = ['x-request-id', 'elpis-receipt', 'retry-after', ...quotaHeaderNames].join(', ')

/** Lets a page of this origin read the answer. Never with cookies: such pages send a key. */
function allowOrigin(reply: FastifyReply, origin: string): void {
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': exposedHeaders,
    'cross-origin-resource-policy': 'cross-origin',
  })
}

async function preflight({ exchange, headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (exchange.origin === 'foreign') throw refusedOrigin(headers.origin)
  if (exchange.origin === 'allowed') {
    reply.headers({
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': 'authorization, content-type, x-api-key, x-stainless-*',
      'access-control-max-age': '600',
    })
    const asked = headers['access-control-request-headers']
    // Names of headers only give away what the page itself asked for; credentials are not allowed along.
    if (asked !== undefined && /^[\w\-, ]{1,2000}$/.test(asked))
      reply.header('access-control-allow-headers', asked)
  }
  return await reply.code(204).send()
}
