/** The text that Prometheus scrapes (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4). */
import type { Definition } from './definitions.ts'
import type { Registry, Series } from './registry.ts'

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

/** All metrics of the registry as such a text. */
export function exposition(registry: Registry): string {
  return registry
    .read()
    .flatMap(({ name, definition, series }) =>
      [
        `# HELP ${name} ${definition.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
        `# TYPE ${name} ${definition.type}`,
      ].concat(series.flatMap((one) => linesOf(name, definition, one))),
    )
    .map((line) => `${line}\n`)
    .join('')
}

function linesOf(name: string, { bounds = [] }: Definition, { labels, value, counts }: Series): string[] {
  if (counts === null) return [`${name}${labelText(labels)} ${number(value)}`]
  let below = 0
  const buckets = counts.map((count, index) => {
    below += count
    const bound = bounds[index]
    return `${name}_bucket${labelText({ ...labels, le: bound === undefined ? '+Inf' : number(bound) })} ${below}`
  })
  return [
    ...buckets,
    `${name}_sum${labelText(labels)} ${number(value)}`,
    `${name}_count${labelText(labels)} ${below}`,
  ]
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value)
}
