import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SimulatedModel } from '../../../test/support/simulated-model.ts'
import type { SequenceCacheOptions } from './cell-store.ts'
import { type Origin, type Sequence, SequenceCache } from './sequence-cache.ts'

const cells = 1200
const sequences = 6
const origin: Origin = { adapter: null, scope: 'us', openTokens: 0 }

function cacheOf(model: SimulatedModel, options: Partial<SequenceCacheOptions> = {}): SequenceCache {
  const usual = { cells, sequences, numbers: 16, ordered: true, divisible: true, savedTokens: Infinity }
  return new SequenceCache(model, { ...usual, parkedBytes: 1_000_000, ...options })
}

/** Computes tokens of a sequence, in steps as large as the model takes. */
function grow(
  model: SimulatedModel,
  cache: SequenceCache,
  sequence: Sequence,
  tokens: readonly number[],
): void {
  cache.reserve(tokens.length)
  for (const [index, token] of tokens.entries())
    model.add(token, sequence.length + index, sequence.number, false)
  if (model.run() !== 'done') throw new Error('the cells were counted wrong')
  cache.grow(sequence, tokens)
}

/** Begins a sequence and computes what was not there; how many tokens were. */
function enter(model: SimulatedModel, cache: SequenceCache, tokens: readonly number[], from = origin) {
  const sequence = cache.begin(from, tokens)
  const cached = sequence.length
  if (cached < tokens.length) grow(model, cache, sequence, tokens.slice(cached))
  return { sequence, cached }
}

const count = (length: number, first = 1) => Array.from({ length }, (_, index) => first + index)

type Action =
  | { readonly do: 'begin'; readonly stem: number; readonly length: number; readonly tail: readonly number[] }
  | { readonly do: 'grow'; readonly which: number; readonly tokens: readonly number[] }
  | { readonly do: 'fork'; readonly which: number }
  | { readonly do: 'trim'; readonly which: number; readonly count: number }
  | { readonly do: 'end'; readonly which: number }

const which = fc.nat(sequences - 1)
/** Few different tokens, so that there is much in common. */
const few = (maxLength: number) => fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength })
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      stem: fc.nat(2),
      length: fc.nat(250),
      tail: few(12),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('grow' as const), which, tokens: few(60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fork' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), which, count: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), which }) },
)

/** What should be true of a running sequence, beside the cache that says so. */
interface Expected {
  readonly sequence: Sequence
  readonly tokens: number[]
  readonly origin: Origin
}

/** Remembers in a state that goes only as a whole. */
class IndivisibleModel extends SimulatedModel {
  override remove(sequence: number, from: number, to: number): void {
    if (from !== -1) throw new Error('a state cannot be cut')
    super.remove(sequence, from, to)
  }
}

class Exercise {
  readonly model: SimulatedModel
  readonly cache: SequenceCache
  readonly running: Expected[] = []
  /** All that was ever computed, by scope: nothing else can be found. */
  readonly known: { readonly scope: string; readonly tokens: readonly number[] }[] = []

  readonly #problems: string[] = []

  constructor(options: Partial<SequenceCacheOptions>) {
    const most = options.cells ?? cells
    this.model =
      options.divisible === false ? new IndivisibleModel(most, most) : new SimulatedModel(most, most)
    this.cache = cacheOf(this.model, options)
  }

  act(next: Action): void {
    const chosen = 'which' in next ? this.running[next.which] : undefined
    if (next.do === 'begin') this.#begin(next.stem, next.length, next.tail)
    else if (chosen === undefined) return
    else if (next.do === 'grow') this.#grow(chosen, next.tokens)
    else if (next.do === 'fork') this.#fork(chosen)
    else if (next.do === 'trim') this.#trim(chosen, next.count)
    else this.end(chosen)
  }

  end(chosen: Expected): void {
    this.running.splice(this.running.indexOf(chosen), 1)
    this.cache.end(chosen.sequence)
  }

  /** What is not as it should be. */
  problems(ordered: boolean): string[] {
    for (const { sequence, tokens } of this.running) {
      this.#must(sequence.length === tokens.length, 'every sequence has its length')
      const positions = this.model.positions(sequence.number)
      if (!ordered) positions.sort((one, other) => one - other)
      this.#must(isDeepStrictEqual(positions, [...tokens.keys()]), 'cells stand in order')
      if (ordered)
        this.#must(isDeepStrictEqual(this.model.tokens(sequence.number), tokens), 'cells hold the tokens')
    }
    const { cache, model } = this
    const all = this.running.reduce((sum, { tokens }) => sum + tokens.length, 0)
    this.#must(cache.running === this.running.length, 'running sequences are counted')
    this.#must(cache.live <= all && (all === 0) === (cache.live === 0), 'living cells are counted')
    this.#must(model.used === cache.live + cache.idle + cache.garbage, 'every cell is of some kind')
    this.#must(ordered || cache.garbage === 0, 'without order there is no garbage')
    return this.#problems
  }

  #must(holds: boolean, what: string): void {
    if (!holds) this.#problems.push(what)
  }

  #begin(stem: number, length: number, tail: readonly number[]): void {
    if (this.running.length === sequences) return
    const tokens = [...Array.from({ length }, (_, index) => 1 + ((index * (stem + 3)) % 3)), ...tail]
    const own = {
      adapter: null,
      scope: stem === 2 ? 'them' : 'us',
      openTokens: stem === 0 ? Math.min(10, length) : 0,
    }
    if (tokens.length > this.cache.free) return
    const sequence = this.cache.begin(own, tokens)
    this.#must(sequence.length < tokens.length, 'one token is left to be computed')
    const visible = this.known.filter(({ scope }) => scope === own.scope)
    const cached = tokens.slice(0, sequence.length)
    const open = Array.from({ length: 10 }, (_, index) => 1 + ((index * 3) % 3))
    const within = (all: readonly number[]) => cached.every((token, index) => token === all[index])
    const seen = visible.some((other) => within(other.tokens)) || within(open)
    this.#must(seen, 'nothing is found but what may be seen')
    const entry = { sequence, tokens: cached, origin: own }
    this.running.push(entry)
    this.#grow(entry, tokens.slice(sequence.length))
  }

  #grow(entry: Expected, tokens: readonly number[]): void {
    const more = tokens.slice(0, Math.max(0, this.cache.free))
    if (more.length === 0) return
    grow(this.model, this.cache, entry.sequence, more)
    entry.tokens.push(...more)
    this.known.push({ scope: entry.origin.scope, tokens: entry.tokens.slice() })
  }

  #fork(entry: Expected): void {
    if (this.running.length === sequences) return
    this.running.push({
      ...entry,
      sequence: this.cache.fork(entry.sequence),
      tokens: entry.tokens.slice(),
    })
  }

  /** As a draft is: what was just computed is taken back. */
  #trim(entry: Expected, most: number): void {
    const draft = Array.from({ length: Math.min(most, this.cache.free) }, () => 2)
    if (draft.length < 2 || this.model instanceof IndivisibleModel) return
    // Drafts are of answers, which are never open.
    if (entry.sequence.length < entry.origin.openTokens) return
    grow(this.model, this.cache, entry.sequence, draft)
    this.cache.trim(entry.sequence, entry.sequence.length - (draft.length - 1))
    entry.tokens.push(2)
    this.known.push({ scope: entry.origin.scope, tokens: entry.tokens.slice() })
  }
}

describe('sequence cache', () => {
  test.each([
    ['in order', { ordered: true, cells: 700 }],
    ['in order, with little beside', { ordered: true, parkedBytes: 3000, cells: 500 }],
    ['in order, with nothing beside', { ordered: true, parkedBytes: 0, cells: 500 }],
    ['in order, saved in pieces', { ordered: true, savedTokens: 7, cells: 400 }],
    ['in order, with hardly a number to spare', { ordered: true, numbers: sequences + 3, cells: 500 }],
    ['in order, with none to spare', { ordered: true, numbers: sequences + 2, cells: 500 }],
    ['freed at once', { ordered: false, cells: 500 }],
    ['of a model whose state cannot be divided', { ordered: false, divisible: false }],
  ] satisfies [string, Partial<SequenceCacheOptions>][])(
    'every sequence has just its own tokens, whatever begins, is shared and ends beside it: %s',
    (_, options) => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 120, size: 'max' }), (actions) => {
          const exercise = new Exercise(options)
          for (const next of actions) {
            exercise.act(next)
            expect(exercise.problems(options.ordered)).toEqual([])
          }
          for (const entry of exercise.running.slice()) exercise.end(entry)
          expect(exercise.problems(options.ordered)).toEqual([])
        }),
        { numRuns: 50 },
      )
    },
    30_000,
  )

  test('without order the library breaks it: the test above can fail', () => {
    const model = new SimulatedModel(cells, cells)
    const cache = cacheOf(model, { ordered: false, numbers: sequences + 2 })
    const first = enter(model, cache, count(10)).sequence
    const second = enter(model, cache, count(10, 20)).sequence
    cache.end(first)
    grow(model, cache, second, count(10))
    expect(model.positions(second.number)).not.toEqual([...Array(20).keys()])
    cache.end(second)
    expect(model.used).toBe(0)
  })

  test('what has ended takes no more room than half of what lives, and a little', () => {
    const model = new SimulatedModel(4000, 4000)
    const cache = cacheOf(model, { cells: 4000 })
    enter(model, cache, count(100))
    for (let round = 1; round < 100; round++) cache.end(enter(model, cache, count(50, 1000 * round)).sequence)
    expect(model.peak).toBeLessThanOrEqual(100 + 1024 + 2 * 50)
  })

  test('what ended is found by what begins like it, and so is what still runs', () => {
    const model = new SimulatedModel(cells, cells)
    const cache = cacheOf(model)
    const first = enter(model, cache, count(100)).sequence
    expect(enter(model, cache, [...count(60), 7, 8]).cached).toBe(60)
    expect(cache.live).toBe(102)
    cache.end(first)
    expect(cache.live).toBe(62)
    expect(cache.idle).toBe(40)
    // One token is always left, for its logits.
    expect(enter(model, cache, count(100)).cached).toBe(99)
    expect(enter(model, cache, count(100, 2)).cached).toBe(0)
  })

  test('scopes do not share, but for what is open, and adapters share nothing', () => {
    const model = new SimulatedModel(cells, cells)
    const cache = cacheOf(model)
    const open = { ...origin, openTokens: 30 }
    enter(model, cache, count(100), open)
    expect(cache.begin({ ...origin, scope: 'them' }, count(100)).length).toBe(30)
    expect(cache.begin({ ...open, scope: 'them' }, count(100)).length).toBe(30)
    expect(cache.begin(open, count(100)).length).toBe(99)
    expect(cache.begin({ ...open, adapter: 1 }, count(100)).length).toBe(0)
  })

  test('what is parked comes back, as far as there is room', () => {
    const model = new SimulatedModel(300, 300)
    const cache = cacheOf(model, { cells: 300 })
    cache.end(enter(model, cache, count(200)).sequence)
    const other = enter(model, cache, count(250, 500)).sequence
    expect(cache.idle).toBe(0)
    // Nothing of 200 fits into the 50 that are left.
    const small = enter(model, cache, count(40))
    expect(small.cached).toBe(0)
    cache.end(small.sequence)
    cache.end(other)
    expect(enter(model, cache, [...count(180), 9, 9]).cached).toBe(180)
  })

  test('without memory for it nothing is parked', () => {
    const model = new SimulatedModel(300, 300)
    const cache = cacheOf(model, { cells: 300, parkedBytes: 0 })
    cache.end(enter(model, cache, count(200)).sequence)
    cache.end(enter(model, cache, count(250, 500)).sequence)
    expect(enter(model, cache, count(200)).cached).toBe(0)
  })

  test('more than is free is refused before anything is computed', () => {
    const cache = cacheOf(new SimulatedModel(cells, cells))
    expect(() => {
      cache.reserve(cells + 1)
    }).toThrow(RangeError)
  })
})
