/** All metrics as OTLP has them; those that the semantic conventions name go out under those names as well. */
import type { Definition } from '../definitions.ts'
import type { Registry, Series } from '../registry.ts'
import { attributes, nanoseconds } from './otlp.ts'

/** https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ */
const conventional: Readonly<Record<string, string>> = {
  elpis_request_duration_seconds: 'gen_ai.server.request.duration',
  elpis_time_to_first_token_seconds: 'gen_ai.server.time_to_first_token',
}

const labelNames: Readonly<Record<string, string>> = { model: 'gen_ai.request.model' }

/** Counts go on from the start of the server (cumulative, 2). */
const cumulative = 2

/**
 * The registry's metrics since `startedAt`, read at `now` (milliseconds since 1970). Metrics without a value are left
 * out.
 */
export function metricsOf(registry: Registry, startedAt: number, now: number): object[] {
  const times = { startTimeUnixNano: nanoseconds(startedAt), timeUnixNano: nanoseconds(now) }
  return registry.read().flatMap(({ name, definition, series }) => {
    if (series.length === 0) return []
    const own = { name, description: definition.help, ...dataOf(definition, series, times, {}) }
    const other = conventional[name]
    if (other === undefined) return [own]
    const renamed = dataOf(definition, series, times, labelNames)
    return [own, { name: other, description: definition.help, unit: 's', ...renamed }]
  })
}

type Times = Readonly<Record<'startTimeUnixNano' | 'timeUnixNano', string>>

function dataOf(
  { type, bounds = [] }: Definition,
  series: readonly Series[],
  times: Times,
  names: Readonly<Record<string, string>>,
): object {
  const labelled = (labels: Series['labels']) =>
    attributes({
      ...(names === labelNames ? { 'gen_ai.provider.name': 'elpis' } : {}),
      ...Object.fromEntries(Object.entries(labels).map(([label, value]) => [names[label] ?? label, value])),
    })
  if (type === 'histogram') {
    const dataPoints = series.map(({ labels, value, counts }) => ({
      ...times,
      attributes: labelled(labels),
      count: String((counts ?? []).reduce((sum, count) => sum + count, 0)),
      sum: value,
      bucketCounts: (counts ?? []).map(String),
      explicitBounds: [...bounds],
    }))
    return { histogram: { aggregationTemporality: cumulative, dataPoints } }
  }
  const dataPoints = series.map(({ labels, value }) => ({
    ...times,
    attributes: labelled(labels),
    asDouble: value,
  }))
  return type === 'counter'
    ? { sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints } }
    : { gauge: { dataPoints } }
}
