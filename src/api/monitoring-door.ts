/** What the edge shows of usage and monitoring, and what it tells them. */
import type { EventFeed } from '../monitoring/event-feed.ts'
import type { Exchanged } from '../monitoring/exchange-metrics.ts'
import type { Live } from '../monitoring/live.ts'
import { eventsRoute } from './admin/events.ts'
import { metricsRoute, type MetricsRouteParts } from './metrics.ts'
import type { Route } from './route.ts'
import { usageRoute, type UsageRouteParts } from './usage.ts'
import type { Whose } from './whose.ts'

export interface MonitoringDoor {
  readonly metrics: Omit<MetricsRouteParts, 'whose'>
  readonly usage: Omit<UsageRouteParts, 'whose' | 'now'>
  readonly events: { readonly feed: EventFeed; readonly live: Live; readonly ending: AbortSignal }
  /** Told of every request at the edge when it is over. */
  readonly onExchange: (exchanged: Exchanged) => void
}

export function monitoringRoutes(door: MonitoringDoor, whose: Whose, now: () => number): Route[] {
  return [
    usageRoute({ ...door.usage, whose, now }),
    metricsRoute({ ...door.metrics, whose }),
    eventsRoute({ ...door.events, whose }),
  ]
}
