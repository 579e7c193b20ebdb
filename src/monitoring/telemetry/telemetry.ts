import { randomUUID } from 'node:crypto'
import type { Log, LogFields, LogLevel } from '../../log.ts'
import type { Registry } from '../registry.ts'
import type { RequestFacts } from '../request-facts.ts'
import type { RequestListener } from '../request-watch.ts'
import { attributes, nanoseconds, resourceOf, scope, traceIdOf, type Scope } from './otlp.ts'
import { metricsOf } from './points.ts'
import { spansOf, type Span } from './spans.ts'

export interface TelemetryParts {
  /** Of the collector, without `/v1/traces`. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly service: string
  readonly version: string
  readonly everyMilliseconds: number
  readonly registry: Registry
  readonly now: () => number
}

type Signal = 'traces' | 'metrics' | 'logs'

const mostWaiting = 4096
const answerMilliseconds = 10_000
/** OTLP/HTTP: the collector may take it later. */
const later = new Set([429, 502, 503, 504])

/** Sends traces, metrics and logs to a collector. What it does not take is dropped and counted; nobody waits for it. */
export class Telemetry implements RequestListener {
  readonly #parts: TelemetryParts
  readonly #scope: Scope
  readonly #startedAt: number
  readonly #timer: NodeJS.Timeout
  #spans: Span[] = []
  #logs: object[] = []
  #sending: Promise<void> | null = null

  constructor(parts: TelemetryParts) {
    this.#parts = parts
    this.#scope = { service: parts.service, version: parts.version, instance: randomUUID() }
    this.#startedAt = parts.now()
    this.#timer = setInterval(() => void this.send(), parts.everyMilliseconds)
    this.#timer.unref()
  }

  sealed(facts: RequestFacts): void {
    const spans = spansOf(facts)
    if (this.#spans.length + spans.length > mostWaiting) this.#drop('traces', spans.length)
    else this.#spans.push(...spans)
  }

  /** The same log, which also goes to the collector. */
  log(log: Log): Log {
    return (level, event, fields = {}) => {
      log(level, event, fields)
      if (level === 'debug') return
      if (this.#logs.length >= mostWaiting) this.#drop('logs', 1)
      else this.#logs.push(this.#record(level, event, fields))
    }
  }

  /** Sends what waits, and how the metrics stand. */
  send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null))
    return this.#sending
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#sending
    await this.send()
  }

  async #sendAll(): Promise<void> {
    const { registry, now } = this.#parts
    const resource = resourceOf(this.#scope)
    const [spans, logRecords] = [this.#spans, this.#logs]
    this.#spans = []
    this.#logs = []
    const metrics = metricsOf(registry, this.#startedAt, now())
    const all: [Signal, number, object][] = [
      ['traces', spans.length, { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }],
      ['logs', logRecords.length, { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] }],
      ['metrics', metrics.length, { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] }],
    ]
    await Promise.all(
      all.map(async ([signal, count, body]) => {
        if (count > 0 && !(await this.#post(signal, body))) this.#drop(signal, count)
      }),
    )
  }

  /** @returns whether the collector took it */
  async #post(signal: Signal, body: object): Promise<boolean> {
    const { endpoint, headers } = this.#parts
    const url = `${endpoint.replace(/\/+$/, '')}/v1/${signal}`
    for (let count = 0; count < 2; count++) {
      try {
        const answer = await fetch(url, {
          method: 'POST',
          redirect: 'error',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(answerMilliseconds),
        })
        await answer.body?.cancel()
        if (answer.ok) return true
        if (!later.has(answer.status)) return false
      } catch {
        // Away, or too slow: once more.
      }
    }
    return false
  }

  #record(level: LogLevel, event: string, fields: LogFields): object {
    const { id } = fields
    const now = nanoseconds(this.#parts.now())
    return {
      timeUnixNano: now,
      observedTimeUnixNano: now,
      severityNumber: { error: 17, warn: 13, info: 9, debug: 5 }[level],
      severityText: level.toUpperCase(),
      eventName: event,
      body: { stringValue: event },
      attributes: attributes(fields),
      ...(typeof id === 'string' && id.startsWith('req_') ? { traceId: traceIdOf(id) } : {}),
    }
  }

  #drop(signal: Signal, count: number): void {
    this.#parts.registry.count('elpis_telemetry_dropped_total', { signal }, count)
  }
}
