import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../../test/support/any-text.ts'
import { fold } from './fold.ts'

describe('fold', () => {
  test.each([
    ['full width', 'ｓｅｃｒｅｔ'],
    ['Cyrillic look-alikes', 'ѕесrеt'],
    ['zero width between', 's\u200be\u200dc\u2060r\ufeffe\u00adt'],
    ['mathematical letters', '𝓼𝓮𝓬𝓻𝓮𝓽'],
    ['circles', 'ⓢⓔⓒⓡⓔⓣ'],
    ['marks above and below', 's̷̢e̶c̴r̸e̵t̷'],
    [
      'tags',
      Array.from('secret')
        .map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0)))
        .join(''),
    ],
    ['direction marks', '\u202esecret\u202c'],
    ['small capitals', 'ꜱᴇᴄʀᴇᴛ'],
  ])('%s', (_name, text) => expect(fold(text).text).toBe('secret'))

  test('every character of the result comes from where it says', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 60 }), (source) => {
        const { text, from } = fold(source)
        expect(from).toHaveLength(text.length + 1)
        for (let at = 0; at < text.length; at++) {
          expect(from[at]).toBeLessThan(source.length)
          expect(from[at]).toBeLessThanOrEqual(from[at + 1] ?? 0)
        }
      }),
    )
  })

  test('two folded texts side by side are the folding of both', () => {
    const texts = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(texts, texts, (left, right) => {
        expect(fold(left + right).text).toBe(fold(left).text + fold(right).text)
      }),
    )
  })
})
