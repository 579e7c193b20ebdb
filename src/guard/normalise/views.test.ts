import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../../test/support/any-text.ts'
import { processorTime } from '../../../test/support/processor-time.ts'
import { sourceOf, viewsOf } from './views.ts'

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
  'alphabet places': (text) =>
    Array.from(squeeze(text))
      .map((it) => it.charCodeAt(0) - 96)
      .join('-'),
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
    const read = viewsOf(disguise(sentence)).views.map((view) => squeeze(view.text))
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
        const read = viewsOf(disguises[way]?.(text) ?? '').views.map((view) => squeeze(view.text))
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
    '4 17 2 9 22\n8 3 3 24 11\n10.1.2.3\n16 24 2 7 13 19',
  ])('leaves plain text alone: %s', (text) => {
    expect(viewsOf(text).views.map(({ name }) => name)).toEqual(['text'])
  })

  const harmless = (count: number, disguise: (text: string) => string) =>
    Array.from({ length: count }, (_, town) =>
      disguise(`the harbour of town ${'abcdefghij'[town % 10]} is quiet`),
    )
  const plain =
    'The town has a harbour and a market where people meet in the morning and talk of the weather. '

  test.each(Object.entries(disguises))('reads %s behind a hundred harmless codes', (_name, disguise) => {
    for (const hide of [base64, hex]) {
      const text = [...harmless(100, hide), disguise(sentence)].join('\n')
      const { views, complete } = viewsOf(text)
      expect(complete).toBe(true)
      expect(views.some((view) => squeeze(view.text).includes(squeeze(sentence)))).toBe(true)
    }
  })

  test.each(['rot13', 'caesar 7', 'reversed', 'words reversed'])(
    'reads %s at the end of a plain line, and in the thirtieth line',
    (name) => {
      const hidden = disguises[name]?.(sentence) ?? ''
      for (const text of [
        plain.repeat(3) + hidden,
        plain.repeat(40) + hidden,
        `${`${plain}\n`.repeat(30)}${hidden}`,
      ]) {
        const read = viewsOf(text).views.map((view) => squeeze(view.text))
        expect(read.some((it) => it.includes(squeeze(sentence)))).toBe(true)
      }
    },
  )

  test('tells where in the original each find of a way stood', () => {
    const codes = [...harmless(3, base64), base64(sentence)]
    const text = codes.join(' and ')
    const view = viewsOf(text).views.find(({ name }) => name === 'base64')
    const from = view?.text.indexOf(sentence) ?? -1
    const start = text.indexOf(base64(sentence))
    expect(view && sourceOf(view, from, from + 3)).toEqual({ start, end: text.length })
  })

  test.each([
    ['six times encoded', base64(base64(base64(base64(base64(base64(sentence))))))],
    [
      'four ways at every word',
      Array.from({ length: 3000 }, () => 'ѕе\u200bсrеt s3cret s e c r e t').join(' '),
    ],
  ])('tells that it did not read all: %s', (_name, text) => {
    expect(viewsOf(text).complete).toBe(false)
  })

  test.each([
    ['a document', plain.repeat(2000)],
    [
      'a program',
      `function sum(a, b, c) { return a[3] + b64(c) * 0x1f } // é → ™\n${'  return rest(value, index)\n'.repeat(9)}`.repeat(
        600,
      ),
    ],
    ['a table', '1,2,3,4,10.1.2.3,2026-11-28,a4f0,0.25\n'.repeat(5000)],
    [
      'an image',
      `<img src="data:image/png;base64,${Buffer.from(Uint8Array.from({ length: 150_000 }, (_, at) => (at * at * 31) >> 3)).toString('base64')}">`,
    ],
    [
      'tokens',
      `${base64('{"alg":"HS256","typ":"JWT"}')}.${base64('{"sub":"1234567890","name":"John"}')} `.repeat(
        2000,
      ),
    ],
  ])('reads all of %s', (_name, text) => {
    expect(viewsOf(text).complete).toBe(true)
  })

  test('is bounded, whatever comes', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 400 }), (text) => {
        const { views } = viewsOf(text)
        expect(views.length).toBeLessThanOrEqual(49)
        expect(views.reduce((sum, view) => sum + view.text.length, 0)).toBeLessThanOrEqual(
          text.length + Math.max(4000, 4 * text.length),
        )
        for (const { start, end } of views.flatMap(({ parts }) => parts))
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
    ['small codes', `${base64('how are you now')} `.repeat(9500)],
    ['disguised words', 'ѕе\u200bсrеt s3cret s e c r e t gur '.repeat(6000)],
    ['ciphers', 'gur naq eht dna '.repeat(12_500)],
    ['one letter', 'n'.repeat(3).padEnd(200_000, ' n')],
  ])('200,000 characters of %s take bounded time', (_name, text) => {
    expect(processorTime(() => viewsOf(text))).toBeLessThan(5000)
  })
})
