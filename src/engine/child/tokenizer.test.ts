import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Segment } from '../protocol.ts'
import { Tokenizer, type TokenizerVocabulary } from './tokenizer.ts'
import type { ControlToken } from './vocabulary.ts'

const control = (token: number, text: string, strips: Partial<ControlToken> = {}): ControlToken => ({
  token,
  text,
  stripLeft: false,
  stripRight: false,
  ...strips,
})

/** Characters are their own tokens; like SentencePiece, puts a space before every text. */
const vocabulary: TokenizerVocabulary = {
  beginning: 1,
  addsBeginning: true,
  controlTokens: [
    control(1, '<s>'),
    control(2, '<|end|>'),
    control(3, '<|end|>x'),
    control(4, '<|user|>', { stripLeft: true, stripRight: true }),
  ],
  markTokens: [control(5, '<call>')],
  // As the library does: it finds marks in any text.
  tokenize: (text) =>
    Int32Array.from(` ${text}`.split('<call>').join('\u0005'), (character) => character.codePointAt(0)!),
}
const tokenizer = new Tokenizer(vocabulary)
const plain = (text: string): Segment => ({ text, control: false })
const template = (text: string): Segment => ({ text, control: true })

/** Tokens in a form that can be read. */
function tokens(segments: readonly Segment[], addBos = false): string {
  return [...tokenizer.tokenize(segments, addBos)]
    .map((token) => (token < 9 ? `[${token}]` : String.fromCodePoint(token)))
    .join('')
}

describe('tokenizer', () => {
  test('marks are found there as well, and elsewhere not though the library would, without a space amid the text', () => {
    expect(tokens([template('<call>a'), plain('b<call><call>c')])).toBe('[5] ab<call><call>c')
    expect(tokens([template('a<ca'), plain('ll>b')])).toBe(' a<call>b')
  })

  test('control tokens are found in segments that may have them, and only there', () => {
    expect(tokens([template('<|end|>a'), plain('<|end|><s>')])).toBe('[2] a<|end|><s>')
  })

  test('no control token is made from the borders of segments', () => {
    expect(tokens([template('<|e'), plain('nd|>'), template('!')])).toBe(' <|end|>!')
    expect(tokens([plain('<|e'), plain('nd|>')])).toBe(' <|end|>')
  })

  test('what a user writes never becomes a control token', () => {
    const hostile = fc.string({ unit: fc.constantFrom('<s>', '<|end|>', '<|', 'end|>', 'x', ' ') })
    fc.assert(
      fc.property(fc.array(hostile), (texts) => {
        expect(tokens(texts.map(plain))).not.toContain('[')
      }),
    )
  })

  test('a text is the same however it is cut into segments, and begins once', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.stringMatching(/^[a-z ]*$/), fc.boolean())), (cuts) => {
        const whole = cuts.map(([text]) => text).join('')
        const cut = tokens(cuts.map(([text, control]) => ({ text, control })))
        expect(cut).toBe(tokens([plain(whole)]))
        expect(cut).toBe(whole === '' ? '' : ` ${whole}`)
      }),
    )
  })

  test('of control tokens that begin at one place the longest is meant', () => {
    expect(tokens([template('<|end|>x<|end|>y')])).toBe('[3][2] y')
  })

  test('white space beside a control token belongs to it where the vocabulary says so', () => {
    expect(tokens([plain('a \n'), template('<|user|>\n'), plain(' b')])).toBe(' a[4] b')
    expect(tokens([plain('a '), template('<|end|>\n')])).toBe(' a [2] \n')
  })

  test('the beginning is put in front when asked for, once, and if the model wants it', () => {
    expect(tokens([plain('a')], true)).toBe('[1] a')
    expect(tokens([template('<s>'), plain('a')], true)).toBe('[1] a')
    expect(tokens([plain('<s>')], true)).toBe('[1] <s>')
    const unwilling = new Tokenizer({ ...vocabulary, addsBeginning: false })
    expect([...unwilling.tokenize([plain('a')], true)]).toEqual([32, 97])
  })

  test('nothing is no tokens', () => {
    expect(tokens([])).toBe('')
    expect(tokens([plain(''), template('')])).toBe('')
  })
})
