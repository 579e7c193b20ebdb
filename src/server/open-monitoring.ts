import type { MonitoringDoor } from '../api/monitoring-door.ts'
import type { Config } from '../config.ts'
import type { Clock } from '../core/clock.ts'
import type { Engine } from '../core/engine.ts'
import { asElpisError, elpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import { countExchange } from '../monitoring/exchange-metrics.ts'
import { expositionType } from '../monitoring/exposition.ts'
import { createMonitor, type Monitor } from '../monitoring/monitor.ts'
import type { Storage } from '../storage/storage.ts'
import { createUsage, type UsageStage } from '../usage/usage.ts'
import type { Watcher } from './record-stage.ts'
import { servedNames } from './served-names.ts'
import type { StorageTiming } from './timed-storage.ts'

interface MonitoringParts {
  readonly config: Config
  readonly storage: Pick<Storage, 'usage'>
  readonly engine: Pick<Engine, 'models' | 'status'>
  readonly policy: () => string
  readonly version: string
  readonly clock: Clock
  readonly log: Log
}

/** Usage and monitoring, ready to be told of what happens. */
export interface Monitoring {
  readonly monitor: Monitor
  readonly usage: UsageStage
  /** For the record stage. */
  readonly watchers: readonly Watcher[]
  readonly door: MonitoringDoor
  readonly storageTiming: StorageTiming
  /** How long the guard held text back, in seconds. */
  readonly held: (seconds: number) => void
  close(): Promise<void>
}

const hour = 3_600_000
const day = 24 * hour

/** @throws `config_invalid` when the variable that shall hold the scrape token does not */
export function openMonitoring({
  config,
  storage,
  engine,
  clock,
  log,
  ...parts
}: MonitoringParts): Monitoring {
  const settings = config.usage
  const served = servedNames(engine)
  const monitor = createMonitor({
    ...parts,
    clock,
    status: () => engine.status(),
    served: (name) => served(name) !== null,
  })
  const { registry } = monitor
  const usage = createUsage({
    store: storage.usage,
    clock,
    served,
    prices: settings.prices,
    watts: settings.watts,
    endUsers: settings.end_users,
    retention: {
      records: hour,
      minutes: settings.minutes_days * day,
      hours: settings.hours_days * day,
      days: settings.days_days * day,
    },
    onTrouble(error, waiting) {
      registry.set('elpis_usage_waiting', {}, waiting)
      log('error', 'usage-not-written', { code: asElpisError(error).code, waiting })
    },
  })
  return {
    monitor,
    usage,
    watchers: [
      { begin: ({ model }, principal, entryId) => usage.open(model, principal, entryId) },
      { begin: (asking, principal, entryId) => monitor.requests.begin(asking, principal, entryId) },
    ],
    door: {
      metrics: {
        render: () => monitor.render(),
        contentType: expositionType,
        token: scrapeToken(config),
        loopback: config.monitoring.scrape_loopback,
      },
      usage: { store: usage, currency: settings.currency, energy: settings.watts > 0 },
      events: { feed: monitor.feed, live: monitor.live, ending: monitor.ending },
      onExchange: (exchanged) => countExchange(registry, exchanged),
    },
    storageTiming: {
      done: (store, seconds) => registry.observe('elpis_storage_seconds', { store }, seconds),
      failed: (store) => registry.count('elpis_storage_failures_total', { store }),
    },
    held: (seconds) => registry.observe('elpis_guard_seconds', { direction: 'output' }, seconds),
    async close() {
      monitor.close()
      await usage.close()
    },
  }
}

function scrapeToken({ monitoring: { scrape_token_env: variable } }: Config): string | null {
  if (variable === '') return null
  const token = process.env[variable]
  if (token !== undefined && token.length >= 16) return token
  throw elpisError('config_invalid', {
    where: 'monitoring.scrape_token_env',
    problem: `the variable ${variable} ${token === undefined ? 'is not set' : 'holds fewer than 16 characters'}`,
    suggestion: 'Set it where the server is started: `openssl rand -hex 32` makes a token.',
  })
}
