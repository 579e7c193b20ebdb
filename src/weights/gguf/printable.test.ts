import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/support/any-text.ts'
import { printable, quoted } from './printable.ts'

test.each([
  ['an escape sequence', '\u001B[2J', '\\u{1b}[2J'],
  ['its 8-bit form', '\u009B2J', '\\u{9b}2J'],
  ['a bell', '\u0007', '\\u{7}'],
  ['a carriage return', 'safe\rEVIL', 'safe\\u{d}EVIL'],
  ['writing from right to left', 'a\u202Egnp', 'a\\u{202e}gnp'],
  ['a zero-width space', 'a\u200Bb', 'a\\u{200b}b'],
  ['tag characters', '\u{E0041}', '\\u{e0041}'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['half a character', '\uD800', '\\u{d800}'],
])('%s is shown, not done', (_name, text, shown) => {
  expect(printable(text)).toBe(shown)
})

test('writing of all kinds stays as it is', () => {
  for (const text of ['Ελπίς', '希望', '▁the', 'Ġthe', 'café', '<|im_start|>'])
    expect(printable(text)).toBe(text)
})

test('only line feeds and tabs stay, and only where lines are wanted', () => {
  expect(printable('a\n\tb\r', true)).toBe('a\n\tb\\u{d}')
  expect(printable('a\nb')).toBe('a\\u{a}b')
})

test('nothing that a terminal obeys ever comes out', () => {
  fc.assert(
    fc.property(anyText(), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }),
  )
})

test('what is quoted is cut', () => {
  expect(quoted('x'.repeat(1000))).toBe(`"${'x'.repeat(64)}…"`)
})
