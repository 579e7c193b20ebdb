import { describe, expect, test } from 'vitest'
import { newStates } from './state-reading.ts'

const head = { weights: Float32Array.of(1), bias: 0 }
const states = (values: readonly number[], response: typeof head | null = head) => {
  const reading = newStates({ layers: [0], probe: { prompt: head, response } })
  for (const value of values) reading.see(Float32Array.of(value))
  return reading.scores
}
const chance = (logit: number) => 1 / (1 + Math.exp(-logit))
const repeat = (value: number, count: number) => Array.from({ length: count }, () => value)

describe('a probe of hidden states', () => {
  test('scores the prompt by the first, and an answer from its eighth token on', () => {
    expect(states([2])).toEqual({ prompt: chance(2), answer: null })
    expect(states([2, ...repeat(1, 7)])?.answer).toBeNull()
    expect(states([2, ...repeat(1, 8)])?.answer).toBeCloseTo(chance(1))
  })

  test('keeps the highest mean of sixteen tokens', () => {
    const answer = [...repeat(-3, 16), ...repeat(3, 16), ...repeat(-3, 40)]
    expect(states([0, ...answer])?.answer).toBeCloseTo(chance(3))
    expect(states([0, ...repeat(-3, 30), 3, ...repeat(-3, 30)])?.answer).toBeLessThan(0.5)
  })

  test('what is no number once never becomes a score again', () => {
    expect(states([Number.NaN])?.prompt).toBeNaN()
    expect(states([0, ...repeat(1, 10), Number.NaN, ...repeat(1, 60)])?.answer).toBeNaN()
  })

  test('says nothing of answers where it knows nothing of them', () => {
    expect(states([1, ...repeat(5, 40)], null)).toEqual({ prompt: chance(1), answer: null })
  })

  test('keeps means of sixteen tokens for training, and no scores', () => {
    const reading = newStates({ layers: [0], probe: null })
    const state = new Float32Array(1)
    for (const value of [9, ...repeat(1, 8), ...repeat(3, 8), 5, 7]) {
      state[0] = value
      // The memory is the library's, and is written again in the next step.
      reading.see(state)
    }
    expect(reading.scores).toBeNull()
    expect(reading.kept?.map(([value]) => value)).toEqual([9, 2, 6])
  })
})
