import { expect, test } from 'vitest'
import { prefillTokens } from './step-size.ts'

test('a small model takes more tokens in a step than a large one, and a large machine more than a small one', () => {
  expect(prefillTokens(135e6, 2, 512)).toEqual({ alone: 128, beside: 32 })
  expect(prefillTokens(8e9, 2, 512)).toEqual({ alone: 16, beside: 16 })
  expect(prefillTokens(8e9, 64, 512)).toEqual({ alone: 64, beside: 16 })
})

test('never more than fits in a step, nor nothing', () => {
  expect(prefillTokens(1, 64, 512)).toEqual({ alone: 512, beside: 512 })
  expect(prefillTokens(0, 1, 32)).toEqual({ alone: 32, beside: 32 })
  expect(prefillTokens(1e15, 1, 8)).toEqual({ alone: 8, beside: 8 })
})
