import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access } from '../access/access.ts'
import { elpisError } from '../errors.ts'
import { parseBody } from './parse.ts'
import type { Route } from './route.ts'
import type { WebPage } from './web-page.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Puts the routes up. A route that needs a key refuses before it reads the body, and so does everything unknown below
 * `/v1`; what is refused depends on the route that was found, never on how its path was written.
 */
export function registerRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  access: Pick<Access, 'admit'>,
  page: WebPage,
): void {
  const refuseStrangers = async ({ exchange }: FastifyRequest) => {
    ;(await access.admit(exchange.credentials)).release()
  }
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      ...(route.needsKey ? { onRequest: refuseStrangers } : {}),
      handler: async (request, reply) =>
        await route.handle({
          exchange: request.exchange,
          body: route.body === undefined ? undefined : parseBody(route.body, request.body ?? undefined),
          reply,
          rest: restOf(request),
        }),
    })
  }
  for (const [path, allowed] of byPath(routes)) {
    app.route({
      method: methods.filter((method) => !allowed.includes(method)),
      url: path,
      handler: async ({ method }, reply) => {
        reply.header('allow', allowed.join(', '))
        throw elpisError('method_not_allowed', { method, path, allowed: allowed.join(', ') })
      },
    })
  }
  void app.register(
    async (scope) => {
      scope.addHook('onRequest', refuseStrangers)
      scope.setNotFoundHandler(notFound)
    },
    { prefix: '/v1' },
  )
  app.setNotFoundHandler(async (request, reply) => {
    const { method, headers, url } = request
    const wantsPage = (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html')
    if (wantsPage && !/^\/+(v1|web|assets)(?![\w-])/i.test(url)) return page.send(reply)
    return await notFound(request)
  })
}

async function notFound({ method, url }: FastifyRequest): Promise<never> {
  throw elpisError('not_found', { method, path: (url.split('?', 1)[0] ?? '').slice(0, 200) })
}

function restOf({ params }: FastifyRequest): string {
  const rest = (params as Record<string, string | undefined>)['*']
  return rest ?? ''
}

function byPath(routes: readonly Route[]): Map<string, string[]> {
  const allowed = new Map<string, string[]>()
  for (const { path, method } of routes) {
    const soFar = allowed.get(path) ?? []
    allowed.set(path, [...soFar, method, ...(method === 'GET' ? ['HEAD'] : [])])
  }
  return allowed
}
