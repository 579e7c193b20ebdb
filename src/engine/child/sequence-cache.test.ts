import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SimulatedModel } from '../../../test/support/simulated-model.ts'
import { SequenceCache } from './sequence-cache.ts'

const cells = 1200
const sequences = 6

type Action =
  | { readonly do: 'grow'; readonly sequence: number; readonly tokens: number }
  | { readonly do: 'share'; readonly sequence: number; readonly target: number }
  | { readonly do: 'release'; readonly sequence: number }

const sequence = fc.nat(sequences - 1)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('grow' as const),
      sequence,
      tokens: fc.integer({ min: 1, max: 120 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('share' as const), sequence, target: sequence }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), sequence }) },
)

/** Adds tokens to a sequence, in steps as large as the model takes. */
function grow(model: SimulatedModel, cache: SequenceCache, sequence: number, tokens: number): void {
  cache.reserve(tokens)
  const length = cache.lengthOf(sequence)
  for (let index = 0; index < tokens; index++) model.add(1, length + index, sequence, false)
  if (model.run() !== 'done') throw new Error('the cells were counted wrong')
  cache.grow(sequence, tokens)
}

function act(model: SimulatedModel, cache: SequenceCache, next: Action, shared: Set<number>): void {
  switch (next.do) {
    case 'grow':
      grow(model, cache, next.sequence, Math.min(next.tokens, cache.free))
      return
    case 'share':
      // Like a prompt: sharing happens before a sequence goes its own way.
      if (cache.lengthOf(next.sequence) === 0 || cache.lengthOf(next.target) > 0) return
      if (shared.has(next.sequence)) return
      cache.share(next.sequence, next.target)
      shared.add(next.sequence).add(next.target)
      return
    case 'release':
      cache.release(next.sequence)
      shared.delete(next.sequence)
      return
    default:
      next satisfies never
  }
}

describe('sequence cache', () => {
  test('keeps every sequence whole and its cells in order, whatever begins and ends beside it', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const model = new SimulatedModel(cells, cells)
        const cache = new SequenceCache(model, { cells, sequences, ordered: true })
        const shared = new Set<number>()
        for (const next of actions) {
          act(model, cache, next, shared)
          for (let index = 0; index < sequences; index++)
            expect(model.positions(index)).toEqual([...Array(cache.lengthOf(index)).keys()])
          const owned = Array.from({ length: sequences }, (_, index) => cache.lengthOf(index))
          expect(cache.live).toBeLessThanOrEqual(owned.reduce((sum, length) => sum + length, 0))
          expect(model.used).toBeGreaterThanOrEqual(cache.live)
        }
        for (let index = 0; index < sequences; index++) cache.release(index)
        expect(cache.live).toBe(0)
        expect(model.used).toBe(0)
      }),
      { numRuns: 150 },
    )
  })

  test('without order the library breaks it: the test above can fail', () => {
    const model = new SimulatedModel(cells, cells)
    const cache = new SequenceCache(model, { cells, sequences, ordered: false })
    grow(model, cache, 0, 10)
    grow(model, cache, 1, 10)
    cache.release(0)
    grow(model, cache, 1, 10)
    expect(model.positions(1)).not.toEqual([...Array(20).keys()])
    cache.release(1)
    expect(model.used).toBe(0)
  })

  test('what has ended takes no more room than half of what lives, and a little', () => {
    const model = new SimulatedModel(cells, cells)
    const cache = new SequenceCache(model, { cells, sequences, ordered: true })
    grow(model, cache, 0, 100)
    for (let round = 0; round < 100; round++) {
      grow(model, cache, 1, 50)
      cache.release(1)
    }
    expect(model.peak).toBeLessThanOrEqual(100 + 256 + 2 * 50)
  })

  test('a shared beginning is kept once, also through a clean-up, until its last sequence ends', () => {
    const model = new SimulatedModel(cells, cells)
    const cache = new SequenceCache(model, { cells, sequences, ordered: true })
    grow(model, cache, 0, 400)
    cache.share(0, 1)
    cache.share(0, 2)
    for (const index of [0, 1, 2]) grow(model, cache, index, 5)
    expect(cache.live).toBe(415)
    cache.release(0)
    expect(cache.live).toBe(410)
    for (let round = 0; round < 20; round++) {
      grow(model, cache, 3, 100)
      cache.release(3)
    }
    grow(model, cache, 3, 700)
    expect(model.used).toBeLessThan(cells)
    expect(model.positions(1)).toEqual([...Array(405).keys()])
    cache.release(3)
    cache.release(1)
    cache.release(2)
    expect(model.used).toBe(0)
  })

  test('more than is free is refused before anything is computed', () => {
    const cache = new SequenceCache(new SimulatedModel(cells, cells), { cells, sequences, ordered: true })
    expect(() => cache.reserve(cells + 1)).toThrow(RangeError)
  })
})
