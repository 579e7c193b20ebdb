/** The small functions over conversations that end in words: titles, search, export, figures, calendar. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../../test/support/any-text.ts'
import { ageGroup } from './calendar.ts'
import { answer, conversation, id, question } from './conversation.fixture.ts'
import { asJson, asMarkdown, fileName, fromJson } from './export.ts'
import { search } from './search.ts'
import { tokensPerSecond } from './speed.ts'
import { titleFrom, untitled } from './title.ts'

describe('a title', () => {
  test.each([
    ['How do I **boil** an egg?', 'How do I boil an egg?'],
    ['\n\n# Plan\nfor the week', 'Plan'],
    ['```python\nprint(1)\n```', 'print(1)'],
    ['- first point', 'first point'],
    ['6 * 7 * 2', '6 * 7 * 2'],
    ['   ', untitled],
    ['***\n---', untitled],
    ['🙂🙂', untitled],
    [
      'What is the difference between a process and a thread, and when should I use which?',
      'What is the difference between a process and a thread, and…',
    ],
    ['x'.repeat(80), `${'x'.repeat(60)}…`],
  ])('of %j is %j', (text, title) => {
    expect(titleFrom(text)).toBe(title)
  })

  test('is one short line, whatever is asked', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 400 }), (text) => {
        const title = titleFrom(text)
        expect(title).not.toMatch(/[\r\n]/u)
        expect(title.length).toBeGreaterThan(0)
        expect(Array.from(title).length).toBeLessThanOrEqual(61)
      }),
    )
  })
})

describe('search', () => {
  const eggs = conversation(
    [question(1, null, 'How long do eggs boil?'), answer(2, 1, { text: 'Seven minutes.' })],
    {
      id: id(1),
      title: 'Eggs',
      updatedAt: 1,
    },
  )
  const tea = conversation([question(1, null, 'And tea?')], { id: id(2), title: 'Tea', updatedAt: 2 })
  const titles = (text: string) => search([eggs, tea], text).map((found) => found.conversation.title)

  test('finds words in titles and messages, in any case, newest first', () => {
    expect(titles('')).toEqual(['Tea', 'Eggs'])
    expect(titles(' SEVEN ')).toEqual(['Eggs'])
    expect(titles('tea')).toEqual(['Tea'])
    expect(titles('coffee')).toEqual([])
  })

  test('shows the words around the hit', () => {
    expect(search([eggs], 'eggs')[0]?.excerpt).toEqual({
      before: 'How long do ',
      hit: 'eggs',
      after: ' boil?',
    })
  })
})

describe('an export', () => {
  const one = conversation([question(1, null, 'Hi'), answer(2, 1, { text: 'Hello **you**' }), answer(3, 1)], {
    leaf: id(2),
  })

  test('as JSON is read back whole', () => {
    expect(fromJson(asJson([one]))).toEqual({ conversations: [one], damaged: 0 })
  })

  test('as Markdown is the branch that is shown', () => {
    expect(asMarkdown(one)).toBe(
      '# A title\n\n1970-01-01\n\n## You\n\nHi\n\n## Answer (fake:1b)\n\nHello **you**\n',
    )
  })

  test.each(['', '{}', '[1]', '{"format":"elpis-conversations","version":2,"conversations":[]}'])(
    'is not what %j is',
    (text) => {
      expect(fromJson(text)).toBeNull()
    },
  )

  test('with one damaged conversation still gives the others', () => {
    const text = JSON.stringify({
      format: 'elpis-conversations',
      version: 1,
      conversations: [one, { id: 1 }],
    })
    expect(fromJson(text)).toEqual({ conversations: [one], damaged: 1 })
  })

  test.each([
    ['Eggs & tea: how?', 'eggs-tea-how.md'],
    ['../../etc/passwd', 'etc-passwd.md'],
    ['日本語 のタイトル', '日本語-のタイトル.md'],
    ['***', 'chat.md'],
  ])('called %j goes into %j', (title, name) => {
    expect(fileName(title, 'md')).toBe(name)
  })
})

describe('tokens per second', () => {
  const usage = { promptTokens: 9, cachedTokens: 0, outputTokens: 101 }

  test('count the writing alone: from the first token on', () => {
    expect(tokensPerSecond({ usage, timing: { firstTextMs: 5000, totalMs: 7000 } })).toBe(50)
  })

  test.each([
    ['usage', { usage: null, timing: { firstTextMs: 1, totalMs: 900 } }],
    ['a first word', { usage, timing: { firstTextMs: null, totalMs: 900 } }],
    ['a second token', { usage: { ...usage, outputTokens: 1 }, timing: { firstTextMs: 1, totalMs: 900 } }],
    ['time enough', { usage, timing: { firstTextMs: 900, totalMs: 905 } }],
  ])('are not made up without %s', (_, figures) => {
    expect(tokensPerSecond(figures)).toBeNull()
  })
})

test('conversations stand under their age', () => {
  const now = new Date(2026, 4, 20, 15).getTime()
  const at = (...date: [number, number, number, number]) => ageGroup(new Date(...date).getTime(), now)
  expect(at(2026, 4, 20, 0)).toBe('Today')
  expect(at(2026, 4, 19, 23)).toBe('Yesterday')
  expect(at(2026, 4, 14, 12)).toBe('Last 7 days')
  expect(at(2026, 4, 1, 12)).toBe('Last 30 days')
  expect(at(2025, 11, 24, 12)).toContain('2025')
})
