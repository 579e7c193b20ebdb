import { expect, test } from 'vitest'
import { definitions } from './definitions.ts'
import { exposition } from './exposition.ts'
import { Registry } from './registry.ts'

test('histograms count under each bound all that is below it', () => {
  const registry = new Registry()
  for (const seconds of [0.0004, 0.004, 0.04, 99])
    registry.observe('elpis_storage_seconds', { store: 'keys' }, seconds)
  const lines = exposition(registry).split('\n')
  expect(lines).toContain('elpis_storage_seconds_bucket{store="keys",le="0.0005"} 1')
  expect(lines).toContain('elpis_storage_seconds_bucket{store="keys",le="0.005"} 2')
  expect(lines).toContain('elpis_storage_seconds_bucket{store="keys",le="5"} 3')
  expect(lines).toContain('elpis_storage_seconds_bucket{store="keys",le="+Inf"} 4')
  expect(lines).toContain('elpis_storage_seconds_count{store="keys"} 4')
})

test('a label cannot break out of its quotes or its line', () => {
  const registry = new Registry()
  registry.count('elpis_http_refusals_total', { code: 'a"}\n\\b' })
  expect(exposition(registry)).toContain('elpis_http_refusals_total{code="a\\"}\\n\\\\b"} 1\n')
})

test('there is no end of label values, but an end of series', () => {
  const registry = new Registry()
  for (let count = 0; count < 5000; count++)
    registry.count('elpis_http_refusals_total', { code: `c${count}` })
  const series = registry.read().find(({ name }) => name === 'elpis_http_refusals_total')?.series ?? []
  expect(series).toHaveLength(1001)
  expect(series.find(({ labels }) => labels['code'] === 'other')?.value).toBe(4000)
})

test('every metric has help and a unit that Prometheus knows, and none names people', () => {
  for (const [name, { type, help, labels }] of Object.entries(definitions)) {
    expect(help.length).toBeGreaterThan(5)
    expect(name.endsWith('_total')).toBe(type === 'counter')
    for (const label of labels)
      expect(['key', 'person', 'user', 'account', 'organisation', 'ip']).not.toContain(label)
  }
})
