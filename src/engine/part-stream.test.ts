import { array, asyncProperty, assert, constantFrom, integer, record } from 'fast-check'
import { expect, test } from 'vitest'
import type { Part } from '../core/part.ts'
import { PartStream } from './part-stream.ts'

const delta = (choice: number, text: string): Part => ({
  type: 'text-delta',
  choice,
  text,
  tokens: 1,
  logprobs: [{ token: text.length, bytes: [], logprob: 0, top: [] }],
})

test('however reading and writing interleave, every choice gets its text, its tokens and its end, in order', async () => {
  const steps = array(
    record({
      choice: integer({ min: 0, max: 2 }),
      text: constantFrom('a', 'b', ''),
      read: integer({ min: 0, max: 2 }),
    }),
  )
  await assert(
    asyncProperty(steps, async (steps) => {
      let writer: PartStream | null = null
      const stream = new PartStream((begun) => {
        writer = begun
      })
      const reads = [stream.next()]
      for (const { choice, text, read } of steps) {
        writer!.push(delta(choice, text))
        for (let time = 0; time < read; time++) reads.push(stream.next())
      }
      for (const choice of [0, 1, 2]) writer!.push({ type: 'finish', choice, reason: 'stop' })
      writer!.end()
      const parts: Part[] = []
      for (const read of reads) {
        const { value } = await read
        if (value !== undefined) parts.push(value)
      }
      for await (const part of stream) parts.push(part)
      for (const choice of [0, 1, 2]) {
        const mine = parts.filter((part) => 'choice' in part && part.choice === choice)
        const written = steps.filter((step) => step.choice === choice)
        const texts = mine.filter((part) => part.type === 'text-delta')
        expect(texts.map(({ text }) => text).join('')).toBe(written.map(({ text }) => text).join(''))
        expect(texts.flatMap(({ logprobs }) => logprobs)).toHaveLength(written.length)
        expect(texts.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(written.length)
        expect(mine.at(-1)).toEqual({ type: 'finish', choice, reason: 'stop' })
      }
    }),
  )
})

test('nothing begins before the first read, nor after a return', async () => {
  let begun = 0
  const stream = new PartStream(() => begun++)
  expect(begun).toBe(0)
  await stream.return()
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  expect(begun).toBe(0)
})

test('a return ends a read that waits, and tells the writer', async () => {
  const stream = new PartStream(() => undefined)
  const read = stream.next()
  await stream.return()
  expect(await read).toEqual({ done: true, value: undefined })
  expect(stream.returned.aborted).toBe(true)
})
