import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ComputeShare } from './compute-share.ts'

test('two who are there together have half each', () => {
  const share = new ComputeShare()
  const first = share.enter(0)
  const second = share.enter(10)
  expect(first(20)).toBeCloseTo(10 + 5)
  expect(second(40)).toBeCloseTo(5 + 20)
})

test('the shares of all add up to the time in which any was there', () => {
  const visits = fc.array(fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 500 })), {
    minLength: 1,
    maxLength: 30,
  })
  fc.assert(
    fc.property(visits, (stays) => {
      const share = new ComputeShare()
      const moments = stays
        .flatMap(([start, length], id) => [
          { at: start, id, comes: true },
          { at: start + length, id, comes: false },
        ])
        .toSorted((left, right) => left.at - right.at || Number(right.comes) - Number(left.comes))
      const leave = new Map<number, (now: number) => number>()
      let sum = 0
      for (const { at, id, comes } of moments) {
        if (comes) leave.set(id, share.enter(at))
        else sum += leave.get(id)?.(at) ?? 0
      }
      const busy = new Set(
        stays.flatMap(([start, length]) => Array.from({ length }, (_, index) => start + index)),
      )
      expect(sum).toBeCloseTo(busy.size, 6)
    }),
  )
})
