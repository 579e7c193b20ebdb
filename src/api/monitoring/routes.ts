import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Credentials, Principal } from '../../core/principal.ts'
import type { Live } from '../../monitoring/live.ts'
import { errorBody } from '../error-body.ts'
import { parseBody } from '../parse.ts'
import { defineRoute, type Route } from '../route.ts'
import { exportIncident, listIncidents, newIncident, showIncident, updateIncident } from './incidents.ts'
import { lookInsight } from './insight.ts'
import type { Desk, Operation } from './operation.ts'

const operations = [
  newIncident,
  updateIncident,
  listIncidents,
  showIncident,
  exportIncident,
  lookInsight,
] as unknown as readonly Operation[]

/** Lets in who has a permission over the server itself. */
export type ServerDoor = (credentials: Credentials, needs: 'server.read' | 'server.act') => Promise<Principal>

/** The admin API of monitoring. */
export function deskRoutes(desk: Desk, enter: ServerDoor): Route[] {
  return operations.map((operation) =>
    defineRoute({
      method: operation.method,
      path: operation.path,
      summary: operation.summary,
      needs: operation.needs,
      ...(operation.method === 'GET' ? { query: givenOf(operation) } : { body: givenOf(operation) }),
      answers: {
        200: { description: 'Done.', schema: operation.output },
        400: { description: 'The request is wrong.', schema: errorBody },
        403: { description: 'Not for this role.', schema: errorBody },
      },
      async handle({ exchange, body, query, names }) {
        const { personId, keyId } = await enter(exchange.credentials, operation.needs)
        const given = (operation.method === 'GET' ? query : body) as object
        const input = parseBody(operation.input, { ...given, ...names })
        return await operation.run(desk, input, personId ?? keyId ?? 'owner')
      },
    }),
  )
}

/** What of an operation's input is not in its path. */
function givenOf({ input, path }: Operation): z.ZodType {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, true] as const)
  return input instanceof z.ZodObject ? input.omit(Object.fromEntries(names) as never) : input
}

/** What the command line can see and do at a running server. */
export function monitoringControlRoutes(desk: Desk, live: Pick<Live, 'moment'>) {
  return (app: FastifyInstance): void => {
    app.route({ method: 'GET', url: '/live', handler: () => live.moment() })
    for (const operation of operations) {
      app.route({
        method: 'POST',
        url: `/monitoring/${operation.name}`,
        handler: async ({ body }) => await operation.run(desk, parseBody(operation.input, body), 'owner'),
      })
    }
  }
}
