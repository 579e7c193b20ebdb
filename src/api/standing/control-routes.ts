import type { FastifyInstance } from 'fastify'
import type { Access } from '../../access/access.ts'
import type { Log } from '../../log.ts'
import type { Standing } from '../../standing/standing.ts'
import { parseBody } from '../parse.ts'
import { whoActs } from './acting.ts'
import { mustBeLetIn } from './operation.ts'
import { standingOperations } from './operations.ts'

export interface StandingControl {
  readonly standing: Standing
  readonly access: Pick<Access, 'admit'>
  readonly log?: Log | undefined
}

/** Whatever the admin API can do about standing, at `/standing/NAME`, for the command line. */
export function standingControlRoutes({ standing, access, log }: StandingControl) {
  return (app: FastifyInstance): void => {
    for (const operation of standingOperations) {
      app.route({
        method: 'POST',
        url: `/standing/${operation.name}`,
        handler: async (request) => {
          const by = await whoActs(request.headers, access)
          mustBeLetIn(by, operation)
          const result = await operation.run(standing, parseBody(operation.input, request.body), by)
          if (operation.method !== 'GET') log?.('info', operation.name, { by: by.id })
          return result
        },
      })
    }
  }
}
