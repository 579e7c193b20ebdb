import { expect, test } from 'vitest'
import { Egress, type EgressAlert, type EgressPolicy } from './egress.ts'

const hour = 3_600_000

function watching(policy: EgressPolicy) {
  let now = 1000 * hour
  const alerts: EgressAlert[] = []
  const egress = new Egress({
    clock: { now: () => now },
    policy,
    weightsFrom: 1000,
    fraction: 0.5,
    fractionAll: 1,
    windowHours: 24,
    onAlert: (alert) => void alerts.push(alert),
  })
  egress.watch([500, 4000, 2000])
  return { egress, alerts, pass: (hours: number) => void (now += hours * hour) }
}

test('a key that took half of the smallest watched weights is told of once, and cut where the policy says so', () => {
  for (const policy of ['alert', 'cut-key', 'cut-all'] as const) {
    const { egress, alerts } = watching(policy)
    egress.count('key_1', 999)
    expect(alerts).toEqual([])
    egress.count('key_1', 1)
    egress.count('key_1', 1)
    expect(alerts).toEqual([{ account: 'key_1', bytes: 1000, limit: 1000, cut: policy !== 'alert' }])
    expect(egress.isCut('key_1')).toBe(policy !== 'alert')
    expect(egress.isCut('key_2')).toBe(false)
  }
})

test('all together are counted as well, whoever it was', () => {
  const { egress, alerts } = watching('cut-all')
  for (let key = 0; key < 20; key++) egress.count(`key_${key}`, 90)
  egress.count(null, 200)
  expect(alerts).toEqual([{ account: null, bytes: 2000, limit: 2000, cut: true }])
  expect(egress.isCut('key_new')).toBe(true)
  const { egress: other } = watching('cut-key')
  other.count(null, 3000)
  expect(other.isCut('key_new')).toBe(false)
})

test('what is older than the window counts no more', () => {
  const { egress, alerts, pass } = watching('cut-key')
  egress.count('key_1', 600)
  pass(20)
  egress.count('key_1', 600)
  expect(egress.isCut('key_1')).toBe(true)
  pass(5)
  expect(egress.isCut('key_1')).toBe(false)
  expect(egress.total).toBe(600)
  egress.count('key_1', 600)
  expect(alerts).toHaveLength(2)
})

test('without weights of that size nothing is watched', () => {
  const { egress, alerts } = watching('cut-all')
  egress.watch([999])
  egress.count('key_1', 1e12)
  expect([alerts, egress.smallest, egress.isCut('key_1')]).toEqual([[], null, false])
})

test('more keys than are counted at once: a new one is watched all the same, and who was cut stays cut', () => {
  const { egress, alerts } = watching('cut-key')
  egress.count('key_cut', 1000)
  for (let key = 0; key < 100_000; key++) egress.count(`key_${key}`, 1)
  egress.count('key_new', 1000)
  expect(alerts.map(({ account }) => account)).toEqual(['key_cut', null, 'key_new'])
  expect([egress.isCut('key_cut'), egress.isCut('key_new')]).toEqual([true, true])
})
