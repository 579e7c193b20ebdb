/** What watches over everything, put together: one watch over requests, and all who listen to it. */
import type { Clock } from '../core/clock.ts'
import type { ModelStatus } from '../core/engine.ts'
import { EventFeed } from './event-feed.ts'
import { exposition } from './exposition.ts'
import { Live } from './live.ts'
import { processMetrics } from './process-metrics.ts'
import { Registry } from './registry.ts'
import { requestMetrics } from './request-metrics.ts'
import { RequestWatch } from './request-watch.ts'

export interface MonitorParts {
  readonly clock: Clock
  readonly status: () => readonly ModelStatus[]
  readonly served: (name: string) => boolean
  readonly version: string
  readonly policy: () => string
}

export interface Monitor {
  readonly registry: Registry
  readonly requests: RequestWatch
  readonly feed: EventFeed
  readonly live: Live
  /** Aborted when nobody shall watch any more: streams of events end. */
  readonly ending: AbortSignal
  /** The page that Prometheus reads. */
  render(): string
  /** Ends all who watch. */
  close(): void
}

/**
 * Makes the registry, the watch over requests and the live view; `close` stops measuring and ends all streams to
 * watchers.
 */
export function createMonitor({ clock, status, served, version, policy }: MonitorParts): Monitor {
  const now = () => clock.now()
  const registry = new Registry()
  const requests = new RequestWatch(served, now)
  const feed = new EventFeed(now)
  const live = new Live(requests, status, now)
  const ending = new AbortController()
  for (const listener of [requestMetrics(registry), feed, live]) requests.listen(listener)
  const stopMeasuring = processMetrics(registry, status, now())
  registry.onRead(() => {
    registry.set('elpis_running', {}, requests.running.size)
    registry.clear('elpis_info')
    registry.set('elpis_info', { version, policy: policy() }, 1)
  })
  return {
    registry,
    requests,
    feed,
    live,
    ending: ending.signal,
    render: () => exposition(registry),
    close() {
      ending.abort()
      stopMeasuring()
    },
  }
}
