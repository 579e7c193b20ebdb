import { expect, test } from 'vitest'
import { Breaker } from './breaker.ts'

function breaker() {
  const clock = { now: 0 }
  return { clock, breaker: new Breaker({ now: () => clock.now, random: () => 0.5 }) }
}

function fail(breaker: Breaker, times = 1) {
  for (let count = 0; count < times; count++) {
    breaker.begin()
    breaker.fail()
  }
}

test('it opens after three failures in a row, not after three in all', () => {
  const { breaker: tested } = breaker()
  fail(tested, 2)
  tested.begin()
  tested.succeed()
  fail(tested, 2)
  expect(tested.admits).toBe(true)
  fail(tested)
  expect(tested.admits).toBe(false)
})

test('after a pause one may try, and the others wait for what comes of it', () => {
  const { breaker: tested, clock } = breaker()
  fail(tested, 3)
  expect(tested.wait).toBe(1000)
  clock.now = 1000
  expect(tested.admits).toBe(true)
  tested.begin()
  expect(tested.admits).toBe(false)
  tested.succeed()
  expect(tested).toMatchObject({ admits: true, open: false })
})

test('each failed try doubles the pause, up to half a minute', () => {
  const { breaker: tested, clock } = breaker()
  fail(tested, 3)
  const waits = Array.from({ length: 8 }, () => {
    const { wait } = tested
    clock.now += wait
    fail(tested)
    return wait
  })
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test('a try that tells nothing lets the next one try', () => {
  const { breaker: tested, clock } = breaker()
  fail(tested, 3)
  clock.now = 1000
  tested.begin()
  tested.neither()
  expect(tested.admits).toBe(true)
})

test('late failures of what was sent before do not make the pause longer', () => {
  const { breaker: tested } = breaker()
  for (let count = 0; count < 20; count++) tested.begin()
  for (let count = 0; count < 20; count++) tested.fail()
  expect(tested.wait).toBe(1000)
})
