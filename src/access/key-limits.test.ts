import { expect, test } from 'vitest'
import { keyLimits, type KeyLimits } from './key-limits-schema.ts'
import { heldTo, noLimits } from './key-limits.ts'

const rate = (requests: number, period: 'minute' | 'day' | 'month'): KeyLimits => ({
  ...noLimits,
  rate: { requests, period },
})

test.each([
  ['the same', rate(60, 'minute'), rate(60, 'minute')],
  ['a day that fits into a minute', rate(60, 'day'), rate(60, 'minute')],
  ['minutes that fill a day', rate(1, 'minute'), rate(1440, 'day')],
  ['days that fill the longest month', rate(10, 'day'), rate(310, 'month')],
])('a rate may stand beneath another: %s', (_what, wish, most) => {
  expect(heldTo(wish, most).rate).toEqual(wish.rate)
})

test.each([
  ['more', rate(61, 'minute'), rate(60, 'minute')],
  // All of a day may come within a minute.
  ['a day as long as many minutes', rate(86_400, 'day'), rate(60, 'minute')],
  ['minutes that pass a day', rate(2, 'minute'), rate(1441, 'day')],
  ['days that pass the longest month', rate(10, 'day'), rate(309, 'month')],
])('a rate may not stand beneath another: %s', (_what, wish, most) => {
  expect(() => heldTo(wish, most)).toThrow(expect.objectContaining({ code: 'beyond_minter' }))
})

test('what is not wished for is as narrow as whoever makes it', () => {
  expect(heldTo(noLimits, rate(5, 'day')).rate).toEqual({ requests: 5, period: 'day' })
})

test('what the schema makes of nothing narrows nothing', () => {
  expect(keyLimits.parse({})).toEqual(noLimits)
})
