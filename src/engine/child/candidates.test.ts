import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mostProbable, nucleus, partition, tokensFrom, topTokens } from './candidates.ts'

/** Few distinct values, so that equals are common; some tokens are banned. */
const logits = fc
  .array(
    fc.oneof(
      fc.integer({ min: -8, max: 8 }),
      fc.float({ min: -50, max: 50, noNaN: true }),
      fc.constant(-Infinity),
    ),
    { minLength: 1, maxLength: 300 },
  )
  .map((values) => Float32Array.from(values))

function sorted(values: Float32Array): number[] {
  return [...values.keys()]
    .filter((token) => values[token]! > -Infinity)
    .sort((left, right) => values[right]! - values[left]! || left - right)
}

describe('candidates', () => {
  test('the most probable token is the first of a full sort', () => {
    fc.assert(
      fc.property(logits, (values) => {
        expect(mostProbable(values)).toBe(sorted(values)[0] ?? -1)
      }),
    )
  })

  test('top tokens are the beginning of a full sort', () => {
    fc.assert(
      fc.property(logits, fc.integer({ min: 1, max: 320 }), (values, count) => {
        expect([...topTokens(values, count)]).toEqual(sorted(values).slice(0, count))
      }),
    )
  })

  test('tokens from a threshold are all of them, by token', () => {
    fc.assert(
      fc.property(logits, fc.integer({ min: -10, max: 10 }), (values, threshold) => {
        const expected = [...values.keys()].filter((token) => values[token]! >= threshold)
        expect([...tokensFrom(values, threshold)]).toEqual(expected)
      }),
    )
  })

  test('the nucleus is the least set of the most probable tokens that reaches the share', () => {
    fc.assert(
      fc.property(logits, fc.double({ min: 0.01, max: 0.999, noNaN: true }), (values, share) => {
        const order = sorted(values)
        fc.pre(order.length > 0)
        const weights = order.map((token) => Math.exp(values[token]! - values[order[0]!]!))
        const wanted = share * weights.reduce((sum, weight) => sum + weight, 0)
        const found = nucleus(values, values[order[0]!]!, share)
        expect([...found]).toEqual(order.slice(0, found.length))
        const sumOf = (count: number) => weights.slice(0, count).reduce((sum, weight) => sum + weight, 0)
        // Within what rounding may move over the border.
        expect(sumOf(found.length)).toBeGreaterThanOrEqual(wanted * (1 - 1e-6))
        expect(sumOf(found.length - 1)).toBeLessThan(wanted * (1 + 1e-6))
      }),
    )
  })

  test('the partition is the sum of all weights', () => {
    fc.assert(
      fc.property(logits, (values) => {
        const highest = values[mostProbable(values)]
        fc.pre(highest !== undefined)
        const sum = values.reduce((sum, value) => sum + Math.exp(value - highest), 0)
        expect(partition(values, highest) / sum).toBeCloseTo(1, 6)
      }),
    )
  })

  test('numbers that are none are never chosen', () => {
    expect(mostProbable(Float32Array.of(Number.NaN, Number.NaN))).toBe(-1)
    expect(mostProbable(Float32Array.of(Number.NaN, -3, Number.NaN))).toBe(1)
    expect([...topTokens(Float32Array.of(Number.NaN, -3, Number.NaN), 2)]).toEqual([1])
  })
})
