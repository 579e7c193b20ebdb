import { expect, test } from 'vitest'
import { ThreadGovernor } from './thread-governor.ts'

/** Steps of 10 ms in which a thread gets `share` of the processor time it asks for. */
function run(governor: ThreadGovernor, steps: number, share: (threads: number) => number): number[] {
  return Array.from({ length: steps }, () => {
    const { threads } = governor
    governor.observe(10, 10 * threads * share(threads))
    return threads
  })
}

test('keeps all threads while they get their time', () => {
  expect(new Set(run(new ThreadGovernor(8), 1000, () => 0.97))).toEqual(new Set([8]))
})

test('gives up the thread that a neighbour takes the core of', () => {
  const governor = new ThreadGovernor(2)
  run(governor, 60, (threads) => (threads === 2 ? 0.6 : 1))
  expect(governor.threads).toBe(1)
})

test('keeps all threads beside somebody who takes a core for a moment now and then', () => {
  const governor = new ThreadGovernor(2)
  for (let round = 0; round < 200; round++) {
    run(governor, 30, () => 0.5)
    expect(new Set(run(governor, 30, () => 0.98))).toEqual(new Set([2]))
  }
})

test('never goes below one, however busy the machine is', () => {
  const governor = new ThreadGovernor(4)
  run(governor, 1000, () => 0.1)
  expect(governor.threads).toBe(1)
})

test('takes the threads back soon after the neighbour is gone', () => {
  const governor = new ThreadGovernor(2)
  run(governor, 90, (threads) => (threads === 2 ? 0.5 : 1))
  const after = run(governor, 400, () => 1)
  expect(governor.threads).toBe(2)
  expect(after.filter((threads) => threads === 1).length).toBeLessThan(250)
})

test('tries ever more rarely while the neighbour stays', () => {
  const governor = new ThreadGovernor(2)
  const used = run(governor, 6000, (threads) => (threads === 2 ? 0.5 : 1))
  expect(used.filter((threads) => threads === 2).length).toBeLessThan(210)
})
