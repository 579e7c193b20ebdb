import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { Log } from '../../log.ts'
import { errorBody } from '../error-body.ts'
import { parseBody } from '../parse.ts'
import { defineRoute, type Route } from '../route.ts'
import { whoseBy } from '../whose.ts'
import type { AccessOperation } from './operation.ts'
import { accessOperations } from './operations.ts'

/** The admin API of access, and what everybody may do about themselves. */
export function accessRoutes(access: Access): Route[] {
  const whose = whoseBy(access)
  return accessOperations.map((operation) => {
    const { method, path, summary, needs, input, output } = operation
    const body = method === 'GET' || method === 'DELETE' ? undefined : bodyOf(operation)
    return defineRoute({
      method,
      path,
      summary,
      needs,
      ...(body === undefined ? {} : { body }),
      answers: {
        200: { description: 'Done.', schema: output },
        400: { description: 'The request is wrong; `param` names the field.', schema: errorBody },
        401: { description: 'No valid key.', schema: errorBody },
        403: { description: 'Not for this role or key, or beyond it.', schema: errorBody },
        404: { description: 'It is not here, or not yours to see.', schema: errorBody },
      },
      async handle({ body: given, names, exchange }) {
        const { principal } = await whose(exchange.credentials)
        const parameters = parseBody(input, Object.assign({}, given, names))
        return await operation.run(access, parameters, principal)
      },
    })
  })
}

/** What the path says is no part of the body. */
function bodyOf({ input, path }: AccessOperation): z.ZodType {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => [name, true] as const)
  return input instanceof z.ZodObject ? input.omit(Object.fromEntries(names) as never) : input
}

/** The same at `/access/NAME` of the control socket: whoever can open it owns the machine. */
export function accessControlRoutes({ access, log }: { readonly access: Access; readonly log?: Log }) {
  return (app: FastifyInstance): void => {
    for (const operation of accessOperations) {
      app.route({
        method: 'POST',
        url: `/access/${operation.name}`,
        handler: async (request) => {
          const result = await operation.run(access, parseBody(operation.input, request.body), undefined)
          if (operation.method !== 'GET') log?.('info', operation.name, {})
          return result
        },
      })
    }
  }
}
