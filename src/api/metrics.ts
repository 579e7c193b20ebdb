import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Credentials } from '../core/principal.ts'
import { errorBody } from './error-body.ts'
import { defineRoute, type Route } from './route.ts'

export interface MetricsRouteParts {
  /** The whole page. */
  readonly render: () => string
  readonly contentType: string
  /** Lets in who may watch the server itself. */
  readonly watcher: (credentials: Credentials) => Promise<unknown>
  /** The token that a scraper shows; null when there is none. */
  readonly token: string | null
  /** Programs of this machine may read without. */
  readonly loopback: boolean
}

/** `/metrics`, for a scraper with its own token, for programs of this machine, and for those who may see the whole. */
export function metricsRoute(parts: MetricsRouteParts): Route {
  return defineRoute({
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics in the form of Prometheus',
    needs: 'nothing',
    answers: {
      200: { description: 'All metrics, as text.' },
      401: { description: 'Neither the scrape token nor an auditor’s key.', schema: errorBody },
      403: { description: 'This key may not see the whole.', schema: errorBody },
    },
    async handle({ exchange, incoming, reply }) {
      await mayRead(exchange.credentials, incoming, parts)
      return await reply.type(parts.contentType).send(parts.render())
    },
  })
}

async function mayRead(
  credentials: Credentials,
  incoming: IncomingMessage,
  parts: MetricsRouteParts,
): Promise<void> {
  const { bearer, cookie } = credentials
  if (bearer !== null && parts.token !== null && same(bearer, parts.token)) return
  if (bearer === null && cookie === null && parts.loopback && isFromHere(incoming)) return
  await parts.watcher(credentials)
}

/** In time that does not depend on where they differ. */
function same(given: string, token: string): boolean {
  const [left, right] = [given, token].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}

/** A reverse proxy on this machine passes on requests of others, and says so in one of these headers. */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const passedOn = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some(
    (name) => headers[name] !== undefined,
  )
  const address = socket.remoteAddress ?? ''
  return !passedOn && (/^(::ffff:)?127\./.test(address) || address === '::1')
}
