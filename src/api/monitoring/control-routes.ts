import type { FastifyInstance } from 'fastify'
import type { Live } from '../../monitoring/live.ts'

/** What the command line can see of a running server. */
export function monitoringControlRoutes({ live }: { readonly live: Pick<Live, 'moment'> }) {
  return (app: FastifyInstance): void => {
    app.route({ method: 'GET', url: '/live', handler: () => live.moment() })
  }
}
