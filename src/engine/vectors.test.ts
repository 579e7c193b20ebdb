import { array, assert, float, property } from 'fast-check'
import { expect, test } from 'vitest'
import { cosine, relevance, shortened, unitVector } from './vectors.ts'

const component = float({ min: -1000, max: 1000, noNaN: true }).filter((value) => Math.abs(value) > 1e-3)
const vectors = array(component, { minLength: 1, maxLength: 50 }).map((values) => Float32Array.from(values))

test('a unit vector has length 1 and the same direction', () => {
  assert(
    property(vectors, (vector) => {
      const unit = unitVector(vector)
      expect(cosine(unit, unit)).toBeCloseTo(1, 5)
      expect(cosine(unit, unitVector(vector.map((value) => 3 * value)))).toBeCloseTo(1, 5)
      expect(cosine(unit, unitVector(vector.map((value) => -value)))).toBeCloseTo(-1, 5)
    }),
  )
  expect(unitVector(Float32Array.of(0, 0))).toEqual(Float32Array.of(0, 0))
})

test('a vector is cut from its end', () => {
  expect(shortened(Float32Array.of(1, 2, 3), 2)).toEqual(Float32Array.of(1, 2))
  expect(shortened(Float32Array.of(1, 2, 3), null)).toEqual(Float32Array.of(1, 2, 3))
})

test('relevance is between 0 and 1 and keeps the order', () => {
  const scores = [-1000, -2, 0, 2, 1000].map((value) => relevance(Float32Array.of(value)))
  expect(scores).toEqual(scores.toSorted((left, right) => left - right))
  expect([scores[0], scores[2], scores[4]]).toEqual([0, 0.5, 1])
  expect(relevance(Float32Array.of(0.25, 0.75))).toBe(0.25)
})
