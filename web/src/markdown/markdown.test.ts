/** The pure parts of how a model's text becomes something to look at. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { owner, safeAddress } from './address.ts'
import { languageNamed } from './languages.ts'
import { splitThoughts } from './thoughts.ts'
import { withPlainRest } from './use-highlighted.ts'
import { visibleText } from './visible-text.ts'

describe('a link', () => {
  test.each([
    ['https://example.com/a?b#c', 'example.com'],
    ['http://example.com:8080/', 'example.com:8080'],
    ['mailto:somebody@example.com?subject=x', 'somebody@example.com'],
    ['https://аррӏе.com/', 'xn--80ak6aa92e.com'],
    ['HTTPS://EXAMPLE.COM', 'example.com'],
  ])('%s is shown as one to %s', (address, whose) => {
    const url = safeAddress(address)
    expect(url && owner(url)).toBe(whose)
  })

  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'blob:https://example.com/1',
    'file:///etc/passwd',
    'view-source:https://example.com',
    '/web/session',
    '//evil.example/x',
    '#fragment',
    'sign-in#token',
    'https://google.com@evil.example/',
    'https://user:password@example.com/',
    '',
    undefined,
  ])('%s leads nowhere', (address) => {
    expect(safeAddress(address)).toBeNull()
  })
})

describe('characters that deceive', () => {
  test('are written out', () => {
    expect(visibleText('a\u202Eb\u2066c\u0007d\u009Be')).toBe('a[U+202E]b[U+2066]c[U+0007]d[U+009B]e')
  })

  test('and nothing else is touched', () => {
    const text = 'line\n\ttab é 🙂👩‍👩‍👧 עברית\u200F عربي\u200E 🏴󠁧󠁢󠁥󠁮󠁧󠁿'
    expect(visibleText(text)).toBe(text)
  })
})

describe('thoughts', () => {
  test.each([
    ['<think>\nhm\n</think>\n\nSo.', { thoughts: 'hm', thinking: false, answer: 'So.' }],
    ['\n<think>hm', { thoughts: 'hm', thinking: true, answer: '' }],
    ['<think></think>So.', { thoughts: '', thinking: false, answer: 'So.' }],
    ['<thi', { thoughts: null, thinking: true, answer: '' }],
    ['Say <think> twice', { thoughts: null, thinking: false, answer: 'Say <think> twice' }],
    ['', { thoughts: null, thinking: false, answer: '' }],
  ])('of %j', (text, split) => {
    expect(splitThoughts(text)).toEqual(split)
  })
})

test.each([
  ['Python', 'python'],
  ['js', 'jsx'],
  ['C++', 'cpp'],
  ['mermaid', null],
  ['constructor', null],
  ['__proto__', null],
])('the language %s is coloured as %s', (name, language) => {
  expect(languageNamed(name)).toBe(language)
})

test('coloured lines never say anything else than the code', () => {
  const code = fc.array(fc.constantFrom('a', 'b', '\n'), { maxLength: 12 }).map((all) => all.join(''))
  const lines = (text: string) => text.split('\n').map((line) => [{ text: line, kind: 'keyword' }])
  fc.assert(
    fc.property(code, code, fc.boolean(), (before, more, grows) => {
      const now = grows ? before + more : more
      const shown = withPlainRest({ code: before, lines: lines(before) }, now)
      expect(shown.map((line) => line.map(({ text }) => text).join('')).join('\n')).toBe(now)
    }),
  )
})
