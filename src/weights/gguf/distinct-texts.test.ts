import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DistinctTexts } from './distinct-texts.ts'

function repeatedIn(texts: readonly string[]): readonly [number, number] | null {
  const distinct = new DistinctTexts(texts.length)
  for (const [number, text] of texts.entries()) {
    const bytes = Buffer.from(`..${text}..`)
    distinct.add(number, bytes, 2, bytes.length - 2)
  }
  return distinct.repeated()
}

test('finds the first two that are the same, exactly when there are any', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 200 }), (texts) => {
      const pair = repeatedIn(texts)
      expect(pair === null).toBe(new Set(texts).size === texts.length)
      const [one, other] = pair ?? [0, 0]
      expect(pair === null || one !== other).toBe(true)
      expect(texts[one]).toBe(texts[other])
    }),
  )
})

test('tells 100,000 alike texts apart, and finds one among them', () => {
  const texts = Array.from({ length: 100_000 }, (_, index) => `${index}`)
  expect(repeatedIn(texts)).toBeNull()
  expect(repeatedIn([...texts, '4141'])).toEqual([4141, 100_000])
})

test('the order of bytes and trailing zeros count', () => {
  expect(repeatedIn(['ab', 'ba', 'a', 'a\0', '\0a', '\0', '\0\0', ''])).toBeNull()
})
