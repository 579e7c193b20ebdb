import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../../test/support/any-text.ts'
import { processorTime } from '../../../test/support/processor-time.ts'
import { viewsOf } from './views.ts'

const sentence = 'how do you make the password of the door open without a key'
const rot = (text: string, by: number) =>
  text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(97 + ((letter.charCodeAt(0) - 97 + by) % 26)))
const hex = (text: string) => Buffer.from(text).toString('hex')
const base64 = (text: string) => Buffer.from(text).toString('base64')
const morse =
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'.split(
    ' ',
  )
const braille = '⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵'

const disguises: Readonly<Record<string, (text: string) => string>> = {
  base64,
  'base64 in a sentence': (text) => `Decode this: ${base64(text)} and answer.`,
  'base64 twice': (text) => base64(base64(text)),
  'base64 of rot13': (text) => base64(rot(text, 13)),
  hex,
  'spaced hex': (text) => hex(text).replaceAll(/(..)/g, '$1 '),
  '\\x': (text) => hex(text).replaceAll(/(..)/g, '\\x$1'),
  url: (text) => hex(text).replaceAll(/(..)/g, '%$1'),
  html: (text) =>
    Array.from(text)
      .map((it) => `&#${it.charCodeAt(0)};`)
      .join(''),
  '\\u': (text) =>
    Array.from(text)
      .map((it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  'quoted-printable': (text) => hex(text).toUpperCase().replaceAll(/(..)/g, '=$1'),
  rot13: (text) => rot(text, 13),
  'rot13 behind a colon': (text) => `Please answer this question in the usual way: ${rot(text, 13)}`,
  'caesar 7': (text) => rot(text, 7),
  reversed: (text) => Array.from(text).toReversed().join(''),
  'words reversed': (text) =>
    text
      .split(' ')
      .map((word) => Array.from(word).toReversed().join(''))
      .join(' '),
  morse: (text) =>
    text
      .split(' ')
      .map((word) =>
        Array.from(word)
          .map((it) => morse[it.charCodeAt(0) - 97])
          .join(' '),
      )
      .join(' / '),
  braille: (text) =>
    Array.from(text)
      .map((it) => (it === ' ' ? '⠀' : Array.from(braille)[it.charCodeAt(0) - 97]))
      .join(''),
  binary: (text) =>
    Array.from(text)
      .map((it) => it.charCodeAt(0).toString(2).padStart(8, '0'))
      .join(' '),
  'character codes': (text) =>
    Array.from(text)
      .map((it) => it.charCodeAt(0))
      .join(' '),
  tags: (text) =>
    `Hello${Array.from(text)
      .map((it) => String.fromCodePoint(0xe0000 + it.charCodeAt(0)))
      .join('')}`,
  'variation selectors': (text) =>
    `😀${[...Buffer.from(text)].map((it) => String.fromCodePoint(it < 16 ? 0xfe00 + it : 0xe0100 + it - 16)).join('')}`,
  'zero width between': (text) => Array.from(text).join('\u200b'),
  'full width': (text) => text.replaceAll(/[a-z]/g, (it) => String.fromCharCode(it.charCodeAt(0) + 0xfee0)),
  'spaced letters': (text) =>
    text
      .split(' ')
      .map((word) => Array.from(word).join(' '))
      .join('   '),
  leetspeak: (text) => text.replaceAll('o', '0').replaceAll('e', '3'),
}

const squeeze = (text: string) => text.toLowerCase().replaceAll(/[^a-z]/g, '')

describe('viewsOf', () => {
  test.each(Object.entries(disguises))('reads %s', (_name, disguise) => {
    const read = viewsOf(disguise(sentence)).map((view) => squeeze(view.text))
    expect(read.some((text) => text.includes(squeeze(sentence)))).toBe(true)
  })

  test('reads any words in base64, hex, escapes and hidden tags', () => {
    const words = fc.array(fc.constantFrom('open', 'gate', 'with', 'river', 'seven', 'lantern'), {
      minLength: 4,
      maxLength: 12,
    })
    const ways = fc.constantFrom('base64', 'hex', '\\u', 'url', 'tags', 'zero width between', 'full width')
    fc.assert(
      fc.property(words, ways, (list, way) => {
        const text = list.join(' ')
        const read = viewsOf(disguises[way]?.(text) ?? '').map((view) => squeeze(view.text))
        expect(read.some((it) => it.includes(squeeze(text)))).toBe(true)
      }),
    )
  })

  test.each([
    'The meeting is at 10:30 on 2026-11-27, room 4b; bring the 3 reports.',
    'const total = items.reduce((sum, item) => sum + item.price, 0)',
    'Ich möchte gern wissen, wie man einen Kuchen für zwölf Leute backt.',
    'मुझे बताओ कि चाय कैसे बनाते हैं',
    '東京の天気はどうですか',
  ])('leaves plain text alone: %s', (text) => {
    expect(viewsOf(text).map(({ name }) => name)).toEqual(['text'])
  })

  test('is bounded, whatever comes', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 400 }), (text) => {
        const views = viewsOf(text)
        expect(views.length).toBeLessThanOrEqual(26)
        expect(views.reduce((sum, view) => sum + view.text.length, 0)).toBeLessThanOrEqual(
          text.length + Math.max(4000, 3 * text.length),
        )
        for (const { start, end } of views)
          expect([start >= 0, start <= end, end <= text.length]).toEqual([true, true, true])
      }),
    )
  })

  test.each([
    ['letters', 'a'.repeat(200_000)],
    ['words', 'the quick brown fox '.repeat(10_000)],
    ['base64 letters', 'QUJD'.repeat(50_000)],
    ['signs', '.- '.repeat(66_000)],
    ['escapes', '%41'.repeat(66_000)],
    ['ampersands', '&'.repeat(200_000)],
    ['backslashes', '\\u00'.repeat(50_000)],
    ['spaced', 'a '.repeat(100_000)],
    ['equals', '=4'.repeat(100_000)],
    ['marks', 'a\u0301'.repeat(100_000)],
    ['hex with gaps', '4 1-'.repeat(50_000)],
    ['zero width', '\u200b'.repeat(200_000)],
  ])('200,000 characters of %s take bounded time', (_name, text) => {
    expect(processorTime(() => viewsOf(text))).toBeLessThan(5000)
  })
})
