import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fits, tokenGrammar, walkingVocabulary } from '../../../test/support/grammar-walk.ts'
import type { Rule } from '../grammar/grammar.ts'
import { choice, literal, nothing, reference, repeat, sequence } from '../grammar/rules.ts'
import { GrammarGuide } from './grammar-guide.ts'
import { GrammarTooAmbiguous } from './grammar-states.ts'
import { isIn } from './grammar-mask.ts'
import type { TokenGrammar } from './token-grammar.ts'

const letters = (first: string, last = first): Rule => ({
  kind: 'characters',
  ranges: [[first.codePointAt(0)!, last.codePointAt(0)!]],
})
const grammar = (root: Rule, rules: Record<string, Rule> = {}) => tokenGrammar({ root, rules })
const [end] = walkingVocabulary.ends
const mark = walkingVocabulary.controlToken('<|mark|>')!

/** The state after `text` byte by byte. */
function after(subject: TokenGrammar, text: string) {
  return [...Buffer.from(text)].reduce((state, byte) => subject.after(state, byte)!, subject.start())
}

test('the mask is what each token for itself says', () => {
  const rules: Record<string, Rule> = {
    value: choice(
      literal('true'),
      sequence(
        literal('["'),
        repeat(letters('a', 'é'), 1, 3),
        literal('"'),
        repeat(sequence(literal(','), reference('value')), 0, null),
        literal(']'),
      ),
    ),
  }
  const subject = grammar(reference('value'), rules)
  for (const text of ['', '[', '["', '["é', '["ab', '["abc', '["a"', '["a",', 'tr', '["a",true]']) {
    const state = after(subject, text)
    const one = Array.from({ length: walkingVocabulary.size }, (_, token) => subject.allows(state, token))
    const mask = subject.mask(state)
    expect(one).toEqual(one.map((_, token) => isIn(mask, token)))
    expect(isIn(mask, end!)).toBe(text.endsWith(']'))
  }
})

test('characters of any length are their UTF-8 bytes and nothing else', () => {
  const code = fc.oneof(
    fc.nat(0xd7ff),
    fc.integer({ min: 0xe000, max: 0x10_ffff }),
    fc.constantFrom(0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x1_0000),
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(code, code), { minLength: 1, maxLength: 3 }),
      fc.array(code, { minLength: 20 }),
      (pairs, codes) => {
        const ranges = pairs.map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const)
        const subject = grammar({ kind: 'characters', ranges })
        for (const each of [
          ...codes,
          ...ranges.flat(),
          ...ranges.flatMap(([low, high]) => [low - 1, high + 1]),
        ]) {
          if (each < 0 || each > 0x10_ffff || (each >= 0xd800 && each <= 0xdfff)) continue
          const inside = ranges.some(([low, high]) => low <= each && each <= high)
          expect([each, fits(subject, String.fromCodePoint(each))]).toEqual([each, inside])
        }
      },
    ),
  )
})

test('repetitions are counted', () => {
  fc.assert(
    fc.property(fc.nat(6), fc.option(fc.nat(6)), fc.nat(14), (least, more, length) => {
      const most = more === null ? null : least + more
      const subject = grammar(
        sequence(repeat(choice(literal('ab'), letters('c')), least, most), literal('!')),
      )
      const isRight = length >= least && (most === null || length <= most)
      const text = `${Array.from({ length }, (_, index) => (index % 2 === 0 ? 'ab' : 'c')).join('')}!`
      expect(fits(subject, text)).toBe(isRight)
    }),
  )
})

test('what may be empty can be repeated, in itself as well', () => {
  const empty = choice(nothing, letters('a'))
  const subject = grammar(
    sequence(repeat(repeat(empty, 0, null), 3, 1_000_000), repeat(empty, 2, 5), literal('b')),
  )
  expect(fits(subject, 'aaab')).toBe(true)
  expect(fits(subject, 'b')).toBe(true)
  expect(fits(subject, 'ac')).toBe(false)
})

describe('text until a mark', () => {
  const subject = grammar(
    sequence(
      { kind: 'until', texts: ['<call>', '<cancel>'] },
      choice(nothing, sequence(literal('<call>'), letters('0', '9'), literal('!'))),
    ),
  )

  test.each<[string, boolean]>([
    ['anything <at all> <cal', true],
    ['', true],
    ['so <call>5!', true],
    ['<<call>5!', true],
    ['<call>5', false],
    ['<call>x', false],
    ['<cancel>', false],
    ['a <call>5! and', false],
  ])('%j', (text, isWhole) => {
    expect(fits(subject, text)).toBe(isWhole)
  })

  test('takes control tokens, but not those that are a mark themselves', () => {
    const begun = after(subject, 'so <cal')
    const next = subject.after(begun, mark)
    expect(next?.complete).toBe(true)
    // A mark that a control token interrupts is none.
    expect(subject.after(next!, 'l'.charCodeAt(0))).not.toBeNull()
    const marked = grammar(
      sequence({ kind: 'until', texts: ['<|mark|>'] }, { kind: 'token', text: '<|mark|>' }, literal('x')),
    )
    const free = after(marked, 'free text')
    expect(free.complete).toBe(false)
    expect(subject.allows(free, end!)).toBe(false)
    expect(fits(marked, '<|mark|>x')).toBe(false)
    const taken = marked.after(free, mark)!
    expect(marked.after(taken, 'y'.charCodeAt(0))).toBeNull()
    expect(marked.after(taken, 'x'.charCodeAt(0))?.finished).toBe(true)
  })
})

test('a token that the vocabulary has not is its letters', () => {
  expect(fits(grammar({ kind: 'token', text: '[CALL]' }), '[CALL]')).toBe(true)
})

test('rules in rules end at a depth, from where everything can still be closed', () => {
  const subject = grammar(reference('list'), {
    list: sequence(literal('['), repeat(reference('list'), 0, 1), literal(']')),
  })
  let state = subject.start()
  let depth = 0
  for (
    let next = subject.advance(state, '['.charCodeAt(0));
    next !== null;
    next = subject.advance(state, '['.charCodeAt(0))
  ) {
    state = next
    depth++
  }
  expect(depth).toBeGreaterThan(100)
  for (; depth > 0; depth--) state = subject.advance(state, ']'.charCodeAt(0))!
  expect(state.finished).toBe(true)
})

test('what has too many readings is given up, not computed forever', () => {
  const inner = repeat(letters('a'), 1, 5000)
  const subject = grammar(sequence(repeat(repeat(inner, 1, 5000), 1, 5000), literal('b')))
  let state = subject.start()
  expect(() => {
    for (let times = 0; times < 5000; times++) state = subject.advance(state, 'a'.charCodeAt(0))!
  }).toThrow(GrammarTooAmbiguous)
})

test('a long answer keeps the table of states bounded', () => {
  const subject = grammar(sequence(literal('"'), repeat(letters('a', 'z'), 0, 100_000), literal('"')))
  let state = subject.advance(subject.start(), '"'.charCodeAt(0))!
  const spaces = new Set([state.space])
  for (let times = 0; times < 60_000; times++) {
    state = subject.advance(state, 97 + (times % 26))!
    spaces.add(state.space)
  }
  expect(spaces.size).toBeGreaterThan(2)
  expect(state.space.states.size).toBeLessThan(25_000)
  for (let times = 60_000; times < 100_000; times++) state = subject.advance(state, 97)!
  expect(subject.after(state, 97)).toBeNull()
  expect(subject.after(state, '"'.charCodeAt(0))?.finished).toBe(true)
})

test('a guide keeps its answer inside', () => {
  const guide = new GrammarGuide(grammar(sequence(literal('a'), choice(nothing, literal('b')))))
  expect([guide.allows(97), guide.allows(98), guide.allows(end!)]).toEqual([true, false, false])
  expect(guide.accept(98)).toBe(false)
  expect(guide.accept(97)).toBe(true)
  expect([guide.complete, guide.finished]).toEqual([true, false])
  expect(guide.accept(98)).toBe(true)
  expect([guide.complete, guide.finished]).toEqual([true, true])
})
