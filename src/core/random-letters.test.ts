import { expect, test } from 'vitest'
import { RandomLetters } from './random-letters.ts'

test('letters and digits only, and never the same twice', () => {
  const random = new RandomLetters(15, 'x')
  const all = Array.from({ length: 2000 }, () => random.next())
  expect(all.every((letters) => /^[A-Za-z0-9]{20}$/.test(letters))).toBe(true)
  expect(new Set(all).size).toBe(2000)
})
