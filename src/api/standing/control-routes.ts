import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { Log } from '../../log.ts'
import type { Standing } from '../../standing/standing.ts'
import { parseBody } from '../parse.ts'
import { actingAs } from './acting.ts'
import { machineOwner, type Acting } from './operation.ts'
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
          const by = await whoActs(request, access)
          const result = await operation.run(standing, parseBody(operation.input, request.body), by)
          if (operation.method !== 'GET') log?.('info', operation.name, { by: by.id })
          return result
        },
      })
    }
  }
}

const keyHeader = z.string().min(1).max(500)

/** Whoever can open the socket owns the machine; with a key they act as its owner, so that people can be told apart. */
async function whoActs({ headers }: FastifyRequest, access: Pick<Access, 'admit'>): Promise<Acting> {
  const key = headers['x-elpis-key']
  if (key === undefined) return machineOwner
  const admission = await access.admit({ bearer: keyHeader.parse(key), cookie: null })
  admission.release()
  return actingAs(admission.principal)
}
