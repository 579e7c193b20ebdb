import type { FastifyInstance } from 'fastify'
import type { Access } from '../../access/access.ts'
import { parseBody } from '../parse.ts'
import { whoActs } from '../standing/acting.ts'
import { exportOperations, type ExportDoor } from './exporting.ts'

/** Exports for whoever runs the server, at `/export/NAME`. */
export function exportControlRoutes(door: ExportDoor, access: Pick<Access, 'admit'>) {
  return (app: FastifyInstance): void => {
    for (const operation of exportOperations) {
      app.route({
        method: 'POST',
        url: `/export/${operation.name}`,
        handler: async ({ headers, body }) =>
          await operation.run(door, parseBody(operation.input, body), await whoActs(headers, access)),
      })
    }
  }
}
