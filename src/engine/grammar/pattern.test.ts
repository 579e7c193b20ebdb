import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fits, tokenGrammar } from '../../../test/support/grammar-walk.ts'
import { processorTime } from '../../../test/support/processor-time.ts'
import { patternRule } from './pattern.ts'
import { stringOf } from './json-text.ts'
import { UnreadablePattern } from './pattern-parser.ts'

const anyLength = { least: 0, most: null }
const grammarOf = (source: string) =>
  tokenGrammar({ root: stringOf(patternRule(source, anyLength)), rules: {} })

const letter = fc.constantFrom('a', 'b', 'c', '1', ' ', '-', '"', '\\', '\n', 'é', '😀')
const atom = fc.constantFrom(
  'a',
  'b',
  '\\d',
  '\\w',
  '\\s',
  '.',
  '[ab]',
  '[^a]',
  '[a-c1]',
  '[^"\\\\]',
  '"',
  'é',
  '😀',
  '\\n',
  '\\.',
  '(?:)',
)
const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    atom,
    fc.array(tie('pattern'), { maxLength: 3 }).map((parts) => parts.join('')),
    fc.array(tie('pattern'), { minLength: 1, maxLength: 3 }).map((parts) => `(?:${parts.join('|')})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}', '{2,}', '*?'))
      .map(([part, often]) => `(?:${part})${often}`),
  ),
}))

test('a pattern fits the same texts as JavaScript’s', () => {
  const anchored = fc
    .tuple(fc.constantFrom('', '^'), pattern, fc.constantFrom('', '$'))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      anchored,
      fc.array(fc.string({ unit: letter, maxLength: 6 }), { minLength: 20 }),
      (source, texts) => {
        const grammar = grammarOf(source)
        // Not the flag `u`: with it V8 14 finds nothing for /[^a]$/ in a text of one character beyond U+FFFF.
        const expected = new RegExp(source, 'v')
        expect(texts.filter((text) => fits(grammar, JSON.stringify(text)))).toEqual(
          texts.filter((text) => expected.test(text)),
        )
      },
    ),
    { numRuns: 300 },
  )
}, 30_000)

test.each([
  '\\p{L}',
  '(?<=a)b',
  '(?!a)',
  'a**',
  '(',
  ')',
  '[',
  'a{2,1}',
  '\\q',
  '[z-a]',
  'a^b',
  '(^a)',
  '\\ud800',
  'a{99999}',
  '(?<>a)',
])('%s is not read', (source) => {
  expect(() => patternRule(source, anyLength)).toThrow(UnreadablePattern)
})

test('a hostile pattern costs no more than its length', () => {
  const taken = processorTime(() => {
    expect(() => patternRule(`${'('.repeat(5000)}a`, anyLength)).toThrow(UnreadablePattern)
    const grammar = grammarOf('^(?:a+)+(?:a+)+$')
    expect(fits(grammar, `"${'a'.repeat(5000)}b"`)).toBe(false)
  })
  expect(taken).toBeLessThan(2000)
})
