import { array, assert, asyncProperty, integer, record } from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Residency } from './residency.ts'

const never = new AbortController().signal
const loadTime = 100

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Wanted {
  readonly bytes: number
  readonly pinned?: boolean
}

/** A house for these models, and what happened in it. */
function houseOf(budget: number, wanted: Readonly<Record<string, Wanted>>, keepAlive: number | null = null) {
  const house = new Residency({ budget, keepAlive, timing: { leastStay: 1000, pause: 50 } })
  const loads: string[] = []
  const present = new Set<string>()
  const answering = new Map<string, number>()
  let most = 0
  for (const [id, { bytes, pinned = false }] of Object.entries(wanted)) {
    house.add({
      id,
      bytes,
      pinned,
      load: () => {
        loads.push(id)
        present.add(id)
        most = Math.max(
          most,
          [...present].reduce((sum, name) => sum + wanted[name]!.bytes, 0),
        )
        setTimeout(() => house.loaded(id), loadTime)
      },
      unload: async () => {
        // Nobody's answer is cut.
        expect(answering.get(id) ?? 0).toBe(0)
        await new Promise((resolve) => setTimeout(resolve, 10))
        present.delete(id)
      },
    })
  }
  /** Waits for its model and then takes so long. */
  const ask = async (id: string, milliseconds: number, signal = never) => {
    await house.enter(id, signal)
    expect(present.has(id)).toBe(true)
    answering.set(id, (answering.get(id) ?? 0) + 1)
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    answering.set(id, answering.get(id)! - 1)
    house.leave(id)
  }
  return { house, loads, present, ask, most: () => most }
}

test('what fits is loaded at start, what does not when it is asked for', async () => {
  const { loads, ask } = houseOf(10, { a: { bytes: 6 }, b: { bytes: 6 }, c: { bytes: 4 } })
  expect(loads).toEqual(['a', 'c'])
  const asked = ask('b', 5)
  await vi.runAllTimersAsync()
  await asked
  expect(loads).toEqual(['a', 'c', 'b'])
})

test('many who wait for a model have it loaded once', async () => {
  const { loads, ask } = houseOf(10, { a: { bytes: 10 }, b: { bytes: 10 } })
  const all = Promise.all(Array.from({ length: 50 }, () => ask('b', 5)))
  await vi.runAllTimersAsync()
  await all
  expect(loads).toEqual(['a', 'b'])
})

test('the least recently used gives way, and what is pinned does not', async () => {
  const models = { a: { bytes: 4, pinned: true }, b: { bytes: 3 }, c: { bytes: 3 }, d: { bytes: 3 } }
  const { loads, present, ask } = houseOf(10, models)
  expect(loads).toEqual(['a', 'b', 'c'])
  for (const id of ['a', 'b', 'c', 'b']) {
    const asked = ask(id, 10)
    await vi.advanceTimersByTimeAsync(200)
    await asked
  }
  const asked = ask('d', 1)
  await vi.runAllTimersAsync()
  await asked
  expect([...present].sort()).toEqual(['a', 'b', 'd'])
})

test('two models under steady load that do not fit together take long turns, and nobody is cut or starved', async () => {
  const { loads, ask, most } = houseOf(10, { a: { bytes: 7 }, b: { bytes: 7 } })
  const answered = { a: 0, b: 0 }
  let longest = 0
  const client = async (id: 'a' | 'b') => {
    while (performance.now() < end) {
      const begun = performance.now()
      await ask(id, 20)
      longest = Math.max(longest, performance.now() - begun)
      answered[id]++
    }
  }
  const end = performance.now() + 20_000
  const clients = Promise.all([client('a'), client('a'), client('b'), client('b'), client('b')])
  await vi.advanceTimersByTimeAsync(25_000)
  await clients
  // A turn is a second or more.
  expect(loads.length).toBeLessThanOrEqual(20)
  expect(loads.length).toBeGreaterThan(10)
  expect(longest).toBeLessThan(3000)
  expect(Math.min(answered.a, answered.b)).toBeGreaterThan(500)
  expect(most()).toBeLessThanOrEqual(10)
})

test('a model that nobody asks gives way at once', async () => {
  const { ask } = houseOf(10, { a: { bytes: 7 }, b: { bytes: 7 } })
  await vi.advanceTimersByTimeAsync(loadTime + 60)
  const begun = performance.now()
  const asked = ask('b', 1)
  await vi.runAllTimersAsync()
  await asked
  expect(performance.now() - begun).toBeLessThan(200)
})

test('when those who wanted another leave, the model goes on where it is', async () => {
  const { loads, ask } = houseOf(10, { a: { bytes: 7 }, b: { bytes: 7 } })
  await vi.advanceTimersByTimeAsync(2000)
  const long = ask('a', 3000)
  const leaving = new AbortController()
  const lost = ask('b', 1, leaving.signal).catch((error: Error) => error.message)
  await vi.advanceTimersByTimeAsync(100)
  // Its turn is being ended: who comes now waits.
  let later = false
  const late = ask('a', 1).then(() => {
    later = true
  })
  await vi.advanceTimersByTimeAsync(100)
  expect(later).toBe(false)
  leaving.abort(new Error('left'))
  expect(await lost).toBe('left')
  await vi.advanceTimersByTimeAsync(10)
  expect(later).toBe(true)
  await vi.runAllTimersAsync()
  await Promise.all([long, late])
  expect(loads).toEqual(['a'])
})

test('what nobody asks any more is unloaded after its time, and comes back', async () => {
  const { loads, present, ask } = houseOf(10, { a: { bytes: 5 }, b: { bytes: 5, pinned: true } }, 5000)
  const asked = ask('a', 10)
  await vi.advanceTimersByTimeAsync(4000)
  await asked
  expect(present.has('a')).toBe(true)
  await vi.advanceTimersByTimeAsync(1500)
  expect([...present]).toEqual(['b'])
  const again = ask('a', 10)
  await vi.advanceTimersByTimeAsync(200)
  await again
  expect(loads).toEqual(['a', 'b', 'a'])
})

test('what cannot be loaded takes no room, and lets in who shall hear that', async () => {
  const { house, loads, ask } = houseOf(10, { a: { bytes: 7 }, b: { bytes: 7 } })
  house.failed('a')
  await house.enter('a', never)
  house.leave('a')
  const asked = ask('b', 1)
  await vi.advanceTimersByTimeAsync(200)
  await asked
  expect(loads).toEqual(['a', 'b'])
})

test('whatever is asked when, everybody is answered within the budget', async () => {
  const requests = array(
    record({
      model: integer({ min: 0, max: 3 }),
      at: integer({ min: 0, max: 5000 }),
      takes: integer({ min: 0, max: 900 }),
    }),
    { maxLength: 40 },
  )
  await assert(
    asyncProperty(requests, async (all) => {
      const sizes = { m0: { bytes: 3 }, m1: { bytes: 5 }, m2: { bytes: 6 }, m3: { bytes: 10 } }
      const { house, ask, most } = houseOf(10, sizes)
      const done = Promise.all(
        all.map(async ({ model, at, takes }) => {
          await new Promise((resolve) => setTimeout(resolve, at))
          await ask(`m${model}`, takes)
        }),
      )
      // Forty turns at most, and none is longer than this.
      await vi.advanceTimersByTimeAsync(40 * 3000)
      await done
      expect(most()).toBeLessThanOrEqual(10)
      house.close()
    }),
    { numRuns: 60 },
  )
})
