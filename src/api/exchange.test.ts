import { expect, test } from 'vitest'
import { deadlineOf } from './exchange.ts'

test.each([
  ['600', 601_000],
  ['0.5', 1500],
  ['0', null],
  ['-1', null],
  ['1e9', null],
  ['NaN', null],
  ['9999999', null],
  ['', null],
  [undefined, null],
  [['5', '6'], null],
])('a client that says it waits %j seconds waits until %j', (header, deadline) => {
  expect(deadlineOf(header, 1000)).toBe(deadline)
})
