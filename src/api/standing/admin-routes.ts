import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { Standing } from '../../standing/standing.ts'
import { errorBody } from '../error-body.ts'
import { parseBody } from '../parse.ts'
import { defineRoute, type Route } from '../route.ts'
import { whoseBy } from '../whose.ts'
import { actingAs } from './acting.ts'
import { mustBeLetIn, type Operation } from './operation.ts'
import { standingOperations } from './operations.ts'

/** The admin API of standing. */
export function standingAdminRoutes(standing: Standing, access: Pick<Access, 'admit'>): Route[] {
  const whose = whoseBy(access)
  return standingOperations.map((operation) =>
    defineRoute({
      method: operation.method,
      path: operation.path,
      summary: operation.summary,
      needs: operation.needs,
      ...(operation.method === 'GET' ? { query: queryOf(operation) } : { body: operation.input }),
      answers: {
        200: { description: 'Done.', schema: operation.output },
        403: { description: 'Not for this role.', schema: errorBody },
      },
      async handle({ body, query, names, exchange }) {
        const by = actingAs((await whose(exchange.credentials)).principal)
        mustBeLetIn(by, operation)
        const given = (operation.method === 'GET' ? query : body) as object
        return await operation.run(standing, parseBody(operation.input, { ...given, ...names }), by)
      },
    }),
  )
}

/** What of an operation's input is not in its path. */
function queryOf({ input, path }: Operation): z.ZodType {
  if (!(input instanceof z.ZodObject)) return input
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, true] as const)
  return input.omit(Object.fromEntries(names) as never)
}
