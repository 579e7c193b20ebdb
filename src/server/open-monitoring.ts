import type { MonitoringDoor } from '../api/monitoring-door.ts'
import type { Config } from '../config.ts'
import type { Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import type { Engine } from '../core/engine.ts'
import { accountOf } from '../core/principal.ts'
import { asElpisError, elpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import { Egress } from '../monitoring/egress.ts'
import { EgressLedger } from '../monitoring/egress-ledger.ts'
import { countExchange } from '../monitoring/exchange-metrics.ts'
import { expositionType } from '../monitoring/exposition.ts'
import type { EvidenceLog } from '../monitoring/incidents/incidents.ts'
import { createMonitor, type Monitor } from '../monitoring/monitor.ts'
import type { Storage } from '../storage/storage.ts'
import { createUsage, type UsageStage } from '../usage/usage.ts'
import { watchAuditLag } from './audit-lag.ts'
import { openDesk } from './open-desk.ts'
import { openTelemetry } from './open-telemetry.ts'
import type { Watcher, Watchers } from './record-stage.ts'
import { servedNames } from './served-names.ts'
import type { StorageTiming } from './timed-storage.ts'
import { watchStorage } from './watch-storage.ts'
import { watchedActs } from './watched-acts.ts'

interface MonitoringParts {
  readonly config: Config
  readonly storage: Pick<Storage, 'usage' | 'incidents' | 'signs' | 'audit' | 'egress' | 'watch'>
  readonly engine: Pick<Engine, 'models' | 'status'>
  readonly policy: () => string
  readonly acts: Acts
  readonly evidence: EvidenceLog
  readonly version: string
  readonly clock: Clock
  readonly log: Log
}

/** Usage and monitoring, ready to be told of what happens. */
export interface Monitoring {
  readonly monitor: Monitor
  readonly usage: UsageStage
  readonly egress: Egress
  /** The acts that were given, watched. */
  readonly acts: Acts
  /** The log that was given; goes to the collector as well, where there is one. */
  readonly log: Log
  /** For the record stage. */
  readonly watchers: Watchers
  readonly door: MonitoringDoor
  readonly storageTiming: StorageTiming
  /** How long the guard held text back, in seconds. */
  readonly held: (seconds: number) => void
  /** A layer of the guard could not judge. */
  readonly guardFailed: (layer: string) => void
  close(): Promise<void>
}

const hour = 3_600_000
const day = 24 * hour

/** @throws `config_invalid` when the variable that shall hold the scrape token does not */
export async function openMonitoring({
  config,
  storage,
  engine,
  clock,
  ...parts
}: MonitoringParts): Promise<Monitoring> {
  const settings = config.usage
  const served = servedNames(engine)
  const monitor = createMonitor({
    ...parts,
    clock,
    status: () => engine.status(),
    served: (name) => served(name) !== null,
  })
  const { registry } = monitor
  const telemetry = openTelemetry(config, monitor, parts.version, () => clock.now())
  const log = telemetry?.log(parts.log) ?? parts.log
  const acts = watchedActs(parts.acts, monitor)
  const egress = openEgress(config, monitor, clock, log)
  const ledger = new EgressLedger({
    egress,
    store: storage.egress,
    onTrouble: (error) => log('error', 'egress-not-written', { code: asElpisError(error).code }),
  })
  if (config.egress.policy !== 'off') await ledger.start()
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
  const { evidence } = parts
  const stopLag = watchAuditLag(() => storage.audit.state(), registry, clock)
  const stopWatching = watchStorage(storage, registry, log)
  const desk = await openDesk({ config, storage, monitor, acts, evidence, clock, log })
  return {
    monitor,
    usage,
    egress,
    acts,
    log,
    watchers: {
      keeping: [{ begin: ({ model }, principal, entryId) => usage.open(model, principal, entryId) }],
      onlooking: [
        ...desk.watchers,
        egressWatcher(egress),
        { begin: (...opened) => monitor.requests.begin(...opened) },
      ],
    },
    door: {
      metrics: {
        render: () => monitor.render(),
        contentType: expositionType,
        token: scrapeToken(config),
        loopback: config.monitoring.scrape_loopback,
      },
      usage: { store: usage, currency: settings.currency, energy: settings.watts > 0 },
      events: { feed: monitor.feed, live: monitor.live, ending: monitor.ending },
      desk: desk.desk,
      onExchange(exchanged) {
        countExchange(registry, exchanged)
        egress.finish(exchanged.id, exchanged.account, exchanged.sentBytes)
      },
    },
    storageTiming: {
      done: (store, seconds) => registry.observe('elpis_storage_seconds', { store }, seconds),
      failed: (store) => registry.count('elpis_storage_failures_total', { store }),
    },
    guardFailed: (layer) => registry.count('elpis_guard_failures_total', { layer }),
    held: (seconds) => registry.observe('elpis_guard_seconds', { direction: 'output' }, seconds),
    async close() {
      monitor.close()
      stopLag()
      stopWatching()
      await desk.close()
      await usage.close()
      if (config.egress.policy !== 'off') await ledger.close()
      await telemetry?.close()
    },
  }
}

function openEgress({ egress: settings }: Config, monitor: Monitor, clock: Clock, log: Log): Egress {
  const { registry, feed } = monitor
  const egress = new Egress({
    clock,
    policy: settings.policy,
    weightsFrom: settings.weights_from,
    fraction: settings.fraction,
    fractionAll: settings.fraction_all,
    windowHours: settings.window_hours,
    onAlert({ account, bytes, limit, cut }) {
      const scope = account === null ? 'all' : 'key'
      registry.count('elpis_egress_alerts_total', { scope, policy: cut ? 'cut' : 'alert' })
      log('error', 'egress', { account, bytes, limit, cut })
      const message = `${bytes} bytes left ${account === null ? 'in all' : `for ${account}`}; ${cut ? 'cut' : 'not cut'}.`
      feed.tell({ type: 'alert', subject: 'egress', code: account ?? 'all', message })
    },
  })
  registry.onRead(() => {
    registry.set('elpis_egress_bytes', {}, egress.total)
    registry.set('elpis_egress_limit_bytes', {}, egress.smallest ?? 0)
  })
  return egress
}

/** Counts an answer while it leaves, so that one long answer is cut in its middle. Frames around the text come at its end. */
function egressWatcher(egress: Egress): Watcher {
  return {
    begin({ id }, principal) {
      const account = accountOf(principal)
      return {
        released(part) {
          const text = 'text' in part ? part.text : part.type === 'tool-call-delta' ? part.arguments : ''
          if (text !== '') egress.progress(id, account, Buffer.byteLength(text))
        },
        close: () => {},
      }
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
