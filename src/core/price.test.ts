import { expect, test } from 'vitest'
import { costOf, priceOf } from './price.ts'

const prices = [
  { model: '*', input: 1, output: 2 },
  { model: 'small:1b', input: 0.15, cached: 0.0375, output: 0.6 },
  { model: 'small:1b+legal', input: 3, output: 4 },
]

test('a model has its own price, an adapter that of its model, everything else that of the star', () => {
  expect(priceOf(prices, 'small:1b')?.input).toBe(0.15)
  expect(priceOf(prices, 'small:1b+legal')?.input).toBe(3)
  expect(priceOf(prices, 'small:1b+other')?.input).toBe(0.15)
  expect(priceOf(prices, 'unknown')?.input).toBe(1)
  expect(priceOf(prices.slice(1), 'unknown')).toBeNull()
})

test('cost is in whole billionths, cached tokens at their own price', () => {
  const usage = { promptTokens: 1000, cachedTokens: 400, outputTokens: 100 }
  expect(costOf(priceOf(prices, 'small:1b'), usage)).toBe(600 * 150 + 400 * 37.5 + 100 * 600)
  expect(costOf(priceOf(prices, '*'), usage)).toBe(1000 * 1000 + 100 * 2000)
  expect(costOf(null, usage)).toBe(0)
})
