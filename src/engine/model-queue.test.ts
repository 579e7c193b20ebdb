import { array, assert, asyncProperty, integer } from 'fast-check'
import { expect, test, vi } from 'vitest'
import { ModelQueue, type TurnWish } from './model-queue.ts'

const never = new AbortController().signal

function wish(choices: number, changes: Partial<TurnWish> = {}): TurnWish {
  return { account: 'one', weight: 1, priority: 0, cost: 10, choices, ...changes }
}

test('turns of one account come in order of arrival, and never more sequences than there are', async () => {
  await assert(
    asyncProperty(array(integer({ min: 1, max: 6 }), { maxLength: 12 }), async (requests) => {
      const queue = new ModelQueue(4, 100)
      queue.setOpen(true)
      const running: number[] = []
      const order: number[] = []
      const all = requests.map(async (choices, index) => {
        queue.enter('one')
        await queue.turn(wish(choices), never)
        order.push(index)
        running.push(choices)
        const sum = running.reduce((total, count) => total + count, 0)
        // Who wants more than there are gets all, alone.
        expect(sum <= 4 || running.length === 1).toBe(true)
        await Promise.resolve()
        running.splice(running.indexOf(choices), 1)
        queue.done(choices, 1)
        queue.leave('one')
      })
      await Promise.all(all)
      expect(order).toEqual(requests.map((_, index) => index))
      expect([queue.active, queue.queued]).toEqual([0, 0])
    }),
  )
})

test('who leaves the queue lets those behind go on', async () => {
  const queue = new ModelQueue(2, 10)
  queue.setOpen(true)
  await queue.turn(wish(1), never)
  const leaving = new AbortController()
  const big = queue.turn(wish(2), leaving.signal)
  const small = queue.turn(wish(1), never)
  leaving.abort(new Error('left'))
  await expect(big).rejects.toThrow('left')
  await small
  expect(queue.active).toBe(2)
})

test('nobody has a turn while the model is away', async () => {
  const queue = new ModelQueue(2, 10)
  let came = false
  const turn = queue.turn(wish(1), never).then(() => {
    came = true
  })
  await Promise.resolve()
  expect(came).toBe(false)
  queue.setOpen(true)
  await turn
})

test('more than the sequences and the places are refused, with a time to come back that grows with the queue', () => {
  const queue = new ModelQueue(2, 3)
  for (let count = 0; count < 5; count++) queue.enter('one')
  expect(() => queue.enter('one')).toThrow(
    expect.objectContaining({ code: 'overloaded', retryAfter: 3 }) as Error,
  )
  queue.leave('one')
  queue.enter('one')
})

test('one account has no more inside than its own places, and others are let in all the same', () => {
  const queue = new ModelQueue(2, 10, 3)
  for (let count = 0; count < 3; count++) queue.enter('greedy')
  expect(() => queue.enter('greedy')).toThrow(expect.objectContaining({ code: 'too_many_at_once' }) as Error)
  queue.enter('other')
  queue.leave('greedy')
  queue.enter('greedy')
})

test('an account with a hundred requests does not make another wait for them', async () => {
  const { order, ask, run } = simulation()
  for (let count = 0; count < 100; count++) ask('greedy')
  ask('modest')
  await run()
  expect(order.indexOf('modest')).toBeLessThanOrEqual(2)
})

test('accounts that always want more get turns in proportion to their weights', async () => {
  await assert(
    asyncProperty(integer({ min: 1, max: 5 }), integer({ min: 1, max: 5 }), async (left, right) => {
      const { order, ask, run } = simulation()
      for (let count = 0; count < 60; count++) {
        ask('left', { weight: left })
        ask('right', { weight: right })
      }
      await run()
      // While both still wait; afterwards whoever is left gets all turns.
      const both = order.slice(0, 40)
      const share = both.filter((account) => account === 'left').length / both.length
      expect(Math.abs(share - left / (left + right))).toBeLessThan(0.1)
    }),
    { numRuns: 25 },
  )
})

test('a greater priority gives way, but not for ever', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { order, ask, run } = simulation()
    ask('patient', { priority: 2 })
    ask('first')
    ask('second')
    vi.advanceTimersByTime(25_000)
    ask('late')
    await run()
    expect(order).toEqual(['patient', 'first', 'second', 'late'])
    const again = simulation()
    again.ask('patient', { priority: 2 })
    again.ask('first')
    await again.run()
    expect(again.order).toEqual(['first', 'patient'])
  } finally {
    vi.useRealTimers()
  }
})

/** One sequence; whoever has it gives it back at once. */
function simulation() {
  const queue = new ModelQueue(1, 1000)
  const order: string[] = []
  const all: Promise<void>[] = []
  const ask = (account: string, changes: Partial<TurnWish> = {}) => {
    queue.enter(account)
    all.push(
      queue.turn(wish(1, { account, ...changes }), never).then(() => {
        order.push(account)
        queue.done(1, 1)
        queue.leave(account)
      }),
    )
  }
  const run = async () => {
    queue.setOpen(true)
    await Promise.all(all)
  }
  return { order, ask, run }
}
