import { describe, expect, test } from 'vitest'
import { fit, logit, type Example } from './fit.ts'
import { falseAlarms, measure } from './measure.ts'
import { split, train, type ReadRow } from './train.ts'

/** Numbers from −1 to 1 that are the same every time. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
}

/** Of two features the first tells the label, mostly; they differ much in size, and a third never changes. */
function examples(count: number, seed: number): Example[] {
  const next = numbers(seed)
  return Array.from({ length: count }, (_, index) => {
    const label = index % 2 === 0
    return { state: Float32Array.of((label ? 1 : -1) + 1.5 * next(), 1000 * next() + 5000, 7), label }
  })
}

describe('fit', () => {
  test('is where the gradient is zero: nothing near it is better', () => {
    const rows = examples(200, 1)
    const ridge = 0.05
    // The features as they are after being brought to mean 0 and deviation 1.
    const column = (at: number) => rows.map(({ state }) => state[at] ?? 0)
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const deviations = [0, 1].map((at) => {
      const middle = mean(column(at))
      return Math.sqrt(mean(column(at).map((value) => (value - middle) ** 2)))
    })
    const loss = (weights: readonly number[], bias: number) =>
      rows.reduce((sum, { state, label }) => {
        const score = bias + weights.reduce((all, weight, at) => all + weight * (state[at] ?? 0), 0)
        return sum + Math.log1p(Math.exp(label ? -score : score)) / rows.length
      }, 0) +
      (ridge / 2) * deviations.reduce((sum, deviation, at) => sum + (deviation * (weights[at] ?? 0)) ** 2, 0)
    const { weights, bias } = fit(rows, ridge)
    const best = loss([...weights], bias)
    for (const [at, deviation] of deviations.entries()) {
      for (const step of [-0.02, 0.02]) {
        const moved = [...weights]
        moved[at] = (moved[at] ?? 0) + step / deviation
        // Moved so that the mean stays where it is.
        const kept = bias - (step / deviation) * mean(column(at))
        expect(loss(moved, kept)).toBeGreaterThan(best)
      }
    }
    expect(loss([...weights], bias + 0.02)).toBeGreaterThan(best)
    expect(loss([...weights], bias - 0.02)).toBeGreaterThan(best)
  })

  test('tells others apart, and a feature that never changes weighs nothing', () => {
    const fitted = fit(examples(200, 2), 0.01)
    expect(fitted.weights[2]).toBeCloseTo(0)
    const others = examples(200, 3).map(({ state, label }) => ({ score: logit(fitted, state), label }))
    expect(measure(others).auprc).toBeGreaterThan(0.9)
  })

  test('what one feature tells apart wholly does not run away', () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({
      state: Float32Array.of(index < 20 ? 1 : -1),
      label: index < 20,
    }))
    const { weights } = fit(rows, 0.01)
    expect(Number.isFinite(weights[0])).toBe(true)
    expect(weights[0]).toBeGreaterThan(1)
  })

  test('needs both labels', () => {
    expect(() => fit([], 1)).toThrow('both labels')
    expect(() => fit([{ state: Float32Array.of(1), label: true }], 1)).toThrow('both labels')
  })
})

describe('measure', () => {
  const rows = (scores: readonly [number, boolean][]) => scores.map(([score, label]) => ({ score, label }))

  test('as worked out by hand', () => {
    const found = measure(
      rows([
        [0.9, true],
        [0.8, false],
        [0.7, true],
        [0.2, false],
      ]),
    )
    expect(found.auprc).toBeCloseTo((1 + 2 / 3) / 2)
    expect(found.f1).toBeCloseTo(0.8)
    expect(found.recall).toBe(0.5)
  })

  test('scores that are all alike tell nothing', () => {
    const found = measure(
      rows([
        [0.5, true],
        [0.5, false],
        [0.5, false],
        [0.5, false],
      ]),
    )
    expect(found.auprc).toBeCloseTo(0.25)
    expect(found.recall).toBe(0)
  })

  test('at most one in a hundred harmless rows has the border', () => {
    const harmless = rows(Array.from({ length: 300 }, (_, index) => [index / 300, false]))
    const border = falseAlarms(harmless)
    expect(harmless.filter(({ score }) => score >= border).length).toBe(3)
  })
})

describe('train', () => {
  const row = (index: number, layer: number): ReadRow => {
    const next = numbers(index)
    const label = index % 2 === 0
    const state = Float32Array.from({ length: 6 }, () => next())
    state[2 * layer]! += label ? 2 : -2
    return { prompt: `row ${index}`, response: null, label, atPrompt: state, windows: null }
  }

  test.each([0, 1, 2])('finds that layer %i is the one that tells', (layer) => {
    const rows = Array.from({ length: 60 }, (_, index) => row(index + 1, layer))
    expect(train(rows, 3).layer).toBe(layer)
  })

  test('rows with one prompt are never on both sides, and each side has both labels', () => {
    const rows = Array.from({ length: 60 }, (_, index) => row(index + 1, 0))
    const twice = [...rows, ...rows]
    const { kept, held } = split(twice, 'salt')
    const prompts = new Set(kept.map(({ prompt }) => prompt))
    expect(held.some(({ prompt }) => prompts.has(prompt))).toBe(false)
    expect(kept.length + held.length).toBe(twice.length)
    for (const side of [kept, held]) expect(new Set(side.map(({ label }) => label)).size).toBe(2)
  })
})
