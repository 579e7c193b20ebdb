/** What lies in `deploy/` names nothing that is not there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { definitions, type Definition } from '../src/monitoring/definitions.ts'
import { root } from './support/elpis.ts'

const file = (name: string) => readFileSync(join(root, 'deploy', name), 'utf8')

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets: readonly { readonly expr: string }[]
  }[]
}

const dashboard = JSON.parse(file('grafana-dashboard.json')) as Dashboard
const panels = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
const rules = [...file('prometheus-rules.yml').matchAll(/expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)/g)].map(
  ([, block, line]) => (block ?? line ?? '').trim(),
)

/** Series that Prometheus would have of a metric. */
function seriesOf(name: string, { type }: Definition): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
}

const known = new Map(
  Object.entries(definitions as Record<string, Definition>).flatMap(([name, definition]) =>
    seriesOf(name, definition).map((series) => [series, definition] as const),
  ),
)

describe.each([
  ['the dashboard', panels],
  ['the alert rules', rules],
])('%s', (_name, expressions) => {
  test('names metrics that there are, with labels that they have', () => {
    expect(expressions.length).toBeGreaterThan(10)
    const strangers = expressions.flatMap((expression) =>
      [...expression.matchAll(/\b((?:elpis|process)_[a-z_]+)(?:\{([^}]*)\})?/g)].flatMap(
        ([, series = '', selector]) => {
          const definition = known.get(series)
          if (definition === undefined) return [series]
          const labels = [...(selector ?? '').matchAll(/(\w+)\s*(?:=~|!=|=)/g)].map(([, label = '']) => label)
          return labels
            .filter((label) => !definition.labels.includes(label))
            .map((label) => `${series}{${label}}`)
        },
      ),
    )
    expect(strangers).toEqual([])
  })
})

test('every metric is on the dashboard or in a rule, or says only what the server is', () => {
  const shown = [...panels, ...rules].join('\n')
  const hidden = Object.keys(definitions).filter((name) => !shown.includes(name))
  expect(hidden).toEqual(['elpis_info', 'process_start_time_seconds'])
})
