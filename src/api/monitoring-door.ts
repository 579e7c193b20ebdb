/** What the edge shows of usage and monitoring, and what it tells them. */
import type { Access } from '../access/access.ts'
import { notPermitted } from '../access/reach.ts'
import { homeOrganisation, type Credentials } from '../core/principal.ts'
import type { EventFeed } from '../monitoring/event-feed.ts'
import type { Exchanged } from '../monitoring/exchange-metrics.ts'
import type { Live } from '../monitoring/live.ts'
import { eventsRoute } from './admin/events.ts'
import type { Desk } from './monitoring/operation.ts'
import { deskRoutes, type ServerDoor } from './monitoring/routes.ts'
import { metricsRoute, type MetricsRouteParts } from './metrics.ts'
import type { Route } from './route.ts'
import { usageRoute, type UsageRouteParts } from './usage.ts'
import type { Whose } from './whose.ts'

export interface MonitoringDoor {
  readonly metrics: Omit<MetricsRouteParts, 'watcher'>
  readonly usage: Omit<UsageRouteParts, 'whose' | 'now'>
  readonly events: { readonly feed: EventFeed; readonly live: Live; readonly ending: AbortSignal }
  readonly desk: Desk
  /** Told of every request at the edge when it is over. */
  readonly onExchange: (exchanged: Exchanged) => void
}

/** The routes of usage, metrics, events and the desk. Metrics and events need `server.read`. */
export function monitoringRoutes(
  door: MonitoringDoor,
  { access, whose, now }: { access: Pick<Access, 'enter'>; whose: Whose; now: () => number },
): Route[] {
  const enter = serverDoor(access)
  const watcher = (credentials: Credentials) => enter(credentials, 'server.read')
  return [
    usageRoute({ ...door.usage, whose, now }),
    metricsRoute({ ...door.metrics, watcher }),
    eventsRoute({ ...door.events, watcher }),
    ...deskRoutes(door.desk, enter),
  ]
}

/** What the server does is seen by those who run it: who watches in another organisation sees that one's usage only. */
function serverDoor(access: Pick<Access, 'enter'>): ServerDoor {
  return async (credentials, needs) => {
    const principal = await access.enter(credentials, { needs, path: '/v1/admin' })
    if (principal.organisationId !== homeOrganisation) throw notPermitted(principal, needs)
    return principal
  }
}
