import { array, assert, asyncProperty, integer } from 'fast-check'
import { expect, test } from 'vitest'
import { ModelQueue } from './model-queue.ts'

const never = new AbortController().signal

test('turns come in order of arrival, and never more sequences than there are', async () => {
  await assert(
    asyncProperty(array(integer({ min: 1, max: 6 }), { maxLength: 12 }), async (requests) => {
      const queue = new ModelQueue(4, 100)
      queue.setOpen(true)
      const running: number[] = []
      const order: number[] = []
      const all = requests.map(async (choices, index) => {
        queue.enter()
        await queue.turn(choices, never)
        order.push(index)
        running.push(choices)
        const sum = running.reduce((total, count) => total + count, 0)
        // Who wants more than there are gets all, alone.
        expect(sum <= 4 || running.length === 1).toBe(true)
        await Promise.resolve()
        running.splice(running.indexOf(choices), 1)
        queue.done(choices, 1)
        queue.leave()
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
  await queue.turn(1, never)
  const leaving = new AbortController()
  const big = queue.turn(2, leaving.signal)
  const small = queue.turn(1, never)
  leaving.abort(new Error('left'))
  await expect(big).rejects.toThrow('left')
  await small
  expect(queue.active).toBe(2)
})

test('nobody has a turn while the model is away', async () => {
  const queue = new ModelQueue(2, 10)
  let came = false
  const turn = queue.turn(1, never).then(() => {
    came = true
  })
  await Promise.resolve()
  expect(came).toBe(false)
  queue.setOpen(true)
  await turn
})

test('more than the sequences and the places are refused, with a time to come back that grows with the queue', () => {
  const queue = new ModelQueue(2, 3)
  for (let count = 0; count < 5; count++) queue.enter()
  expect(() => queue.enter()).toThrow(expect.objectContaining({ code: 'overloaded', retryAfter: 3 }) as Error)
  queue.leave()
  queue.enter()
})
