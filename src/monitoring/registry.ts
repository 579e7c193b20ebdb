import { definitions, type Definition, type LabelsOf, type MetricName } from './definitions.ts'

/** More label values than this are a mistake: what comes later is counted under `other`. */
const mostSeries = 1000

/** One line of a metric, or several for a histogram. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  value: number
  /** Of a histogram: how many fell under each bound and not under the one before; the last is +Inf. */
  readonly counts: number[] | null
}

/** All metrics of this process. Costs a map look-up a sample; nothing here allocates by request once a series is there. */
export class Registry {
  readonly #metrics = new Map<MetricName, Map<string, Series>>()
  readonly #collectors: (() => void)[] = []

  /** Adds to a counter. */
  count<Name extends MetricName>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    this.#series(name, labels).value += by
  }

  /** Sets a gauge, or a counter that somebody else keeps. */
  set<Name extends MetricName>(name: Name, labels: LabelsOf<Name>, value: number): void {
    this.#series(name, labels).value = value
  }

  /** Adds a sample to a histogram; `value` is then the sum of all samples. */
  observe<Name extends MetricName>(name: Name, labels: LabelsOf<Name>, sample: number): void {
    if (!Number.isFinite(sample)) return
    const series = this.#series(name, labels)
    const bounds = boundsOf(name)
    const index = bounds.findIndex((bound) => sample <= bound)
    const place = index === -1 ? bounds.length : index
    series.value += sample
    if (series.counts !== null) series.counts[place] = (series.counts[place] ?? 0) + 1
  }

  /** Forgets all series of a gauge, for a collector that sets them anew. */
  clear(name: MetricName): void {
    this.#metrics.delete(name)
  }

  /** Called before every reading. */
  onRead(collector: () => void): void {
    this.#collectors.push(collector)
  }

  /** Every metric with its series as they are now; metrics without any are there too, empty. */
  read(): {
    readonly name: MetricName
    readonly definition: Definition
    readonly series: readonly Series[]
  }[] {
    for (const collect of this.#collectors) collect()
    return (Object.keys(definitions) as MetricName[]).map((name) => ({
      name,
      definition: definitions[name],
      series: [...(this.#metrics.get(name)?.values() ?? [])],
    }))
  }

  #series(name: MetricName, labels: Readonly<Record<string, string>>): Series {
    let all = this.#metrics.get(name)
    if (all === undefined) this.#metrics.set(name, (all = new Map()))
    const key = keyOf(name, labels)
    const found = all.get(key)
    if (found !== undefined) return found
    const other = otherwise(name)
    const isOther = keyOf(name, other) === key
    if (all.size >= mostSeries && !isOther) return this.#series(name, other)
    const made: Series = {
      labels,
      value: 0,
      counts:
        definitions[name].type === 'histogram'
          ? Array.from({ length: boundsOf(name).length + 1 }, () => 0)
          : null,
    }
    all.set(key, made)
    return made
  }
}

/** A label's value with its length before it, so that no two lists of values are one key. */
function keyOf(name: MetricName, labels: Readonly<Record<string, string>>): string {
  let key = ''
  for (const label of definitions[name].labels) {
    const value = labels[label] ?? ''
    key += `${value.length}:${value}`
  }
  return key
}

function boundsOf(name: MetricName): readonly number[] {
  return (definitions[name] as Definition).bounds ?? []
}

function otherwise(name: MetricName): Record<string, string> {
  return Object.fromEntries(definitions[name].labels.map((label) => [label, 'other']))
}
