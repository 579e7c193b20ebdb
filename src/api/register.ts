import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from '../access/access.ts'
import { accountOf } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { openAiErrors, type ClosedPrefix, type ErrorWriter } from './error-body.ts'
import type { Standing } from '../standing/standing.ts'
import { withEndUser } from './end-user.ts'
import { parseBody } from './parse.ts'
import type { Route } from './route.ts'
import type { WebPage } from './web-page.ts'

const nothing = Buffer.alloc(0)
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export interface Routes {
  readonly routes: readonly Route[]
  /** Everything below them is refused without a key, whether it is there or not. */
  readonly closed: readonly ClosedPrefix[]
  readonly access: Pick<Access, 'admit' | 'enter'>
  readonly standing: Pick<Standing, 'check' | 'mustBeOpen'>
  readonly page: WebPage
  /** Answers with an error, as this protocol writes it. */
  readonly sendError: (
    errors: ErrorWriter,
  ) => (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void
}

/**
 * Puts the routes up. A route that needs a key refuses before it reads the body, and so does everything unknown below
 * a closed prefix; what is refused depends on the route that was found, never on how its path was written.
 */
export function registerRoutes(
  app: FastifyInstance,
  { routes, closed, access, standing, page, sendError }: Routes,
): void {
  const refuseAt =
    ({ needs, path, evenBarred = false }: Route) =>
    async ({ exchange }: FastifyRequest) => {
      if (needs === 'nothing') return
      const principal = await access.enter(exchange.credentials, { needs, path })
      exchange.account = accountOf(principal)
      if (evenBarred) return
      if (!forOperators(path)) standing.mustBeOpen()
      standing.check(principal)
    }
  const refuseBarred = async ({ exchange }: FastifyRequest) => {
    const admission = await access.admit(exchange.credentials)
    admission.release()
    standing.mustBeOpen()
    standing.check(admission.principal)
  }
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      errorHandler: sendError(route.errors ?? openAiErrors),
      ...(route.needs === 'nothing' ? {} : { onRequest: refuseAt(route) }),
      config: { takesUpload: route.upload !== undefined, takesBytes: route.signed === true },
      handler: async (request, reply) => {
        const { signed = false } = route
        const bytes = signed && Buffer.isBuffer(request.body) ? request.body : nothing
        const body =
          route.body === undefined || signed ? undefined : parseBody(route.body, request.body ?? undefined)
        return await route.handle({
          exchange: withEndUser(request.exchange, body),
          body,
          query: route.query === undefined ? undefined : parseBody(route.query, request.query),
          reply,
          rest: restOf(request),
          names: request.params as Record<string, string>,
          incoming: request.raw,
          bytes,
        })
      },
    })
  }
  for (const [path, { allowed, errors }] of byPath(routes)) {
    app.route({
      method: methods.filter((method) => !allowed.includes(method)),
      url: path,
      errorHandler: sendError(errors),
      handler: async ({ method }, reply) => {
        reply.header('allow', allowed.join(', '))
        throw elpisError('method_not_allowed', { method, path, allowed: allowed.join(', ') })
      },
    })
  }
  for (const { prefix, errors } of closed) {
    void app.register(
      async (scope) => {
        scope.addHook('onRequest', refuseBarred)
        scope.setErrorHandler(sendError(errors))
        scope.setNotFoundHandler(notFound)
      },
      { prefix },
    )
  }
  app.setNotFoundHandler(async (request, reply) => {
    const { method, headers, url } = request
    const wantsPage = (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html')
    if (wantsPage && !/^\/+(v1|api|web|assets)(?![\w-])/i.test(url)) return page.send(reply)
    return await notFound(request)
  })
}

/** What those who run the server need to see how it is, and to lift a shutdown. */
function forOperators(path: string): boolean {
  return path.startsWith('/v1/admin/') || path === '/metrics'
}

async function notFound({ method, url }: FastifyRequest): Promise<never> {
  throw elpisError('not_found', { method, path: (url.split('?', 1)[0] ?? '').slice(0, 200) })
}

function restOf({ params }: FastifyRequest): string {
  const rest = (params as Record<string, string | undefined>)['*']
  return rest ?? ''
}

function byPath(routes: readonly Route[]): Map<string, { allowed: string[]; errors: ErrorWriter }> {
  const paths = new Map<string, { allowed: string[]; errors: ErrorWriter }>()
  for (const { path, method, errors = openAiErrors } of routes) {
    const soFar = paths.get(path)?.allowed ?? []
    paths.set(path, { allowed: [...soFar, method, ...(method === 'GET' ? ['HEAD'] : [])], errors })
  }
  return paths
}
