import { assert, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../test/support/any-text.ts'
import { plainText } from './plain-text.ts'

describe('plainText', () => {
  test('lets text, line ends, tabs and emoji through', () => {
    const text = 'a\tb\nzażółć 👩‍👩‍👧 日本語'
    expect(plainText(text)).toBe(text)
  })

  test('shows what would steer the terminal', () => {
    expect(plainText('\u001B[2Jgone\u0007\r\u009B31m')).toBe('␛[2Jgone␇␍\u{FFFD}31m')
    expect(plainText('evil\u202Etxt.exe')).not.toContain('\u202E')
  })

  test('never lets a control character through, however pieces are cut', () => {
    assert(
      property(anyText(), nat(), (text, at) => {
        const cut = at % (text.length + 1)
        const shown = plainText(text.slice(0, cut)) + plainText(text.slice(cut))
        expect(shown).not.toMatch(/(?![\n\t])\p{Cc}/u)
      }),
    )
  })
})
