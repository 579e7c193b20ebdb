import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { exponentialOfMinus } from './exponential.ts'

test('is e^-x to nine digits', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 39.9, noNaN: true }), (x) => {
      expect(Math.abs(exponentialOfMinus(x) / Math.exp(-x) - 1)).toBeLessThan(1e-8)
    }),
    { numRuns: 2000 },
  )
})

test('is 1 at 0 and 0 where nothing is left, also for what is no number', () => {
  expect(exponentialOfMinus(0)).toBe(1)
  for (const x of [40, 1e9, Infinity, Number.NaN]) expect(exponentialOfMinus(x)).toBe(0)
})
