import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processorTime } from '../../test/support/processor-time.ts'
import { NoCoverLeft, TextShield } from './text-shield.ts'

const tokens = [
  '<|im_start|>',
  '<|im_end|>',
  '<s>',
  '</s>',
  '[INST]',
  '[/INST]',
  '<|eot|>',
  '<|eot|>x',
  's>y',
]
const shield = new TextShield(tokens)

/** A template in plain sight: every way in which texts come to lie beside each other and beside the template's own. */
const templates: Record<string, (texts: readonly string[]) => string> = {
  chatml: (texts) =>
    texts.map((text) => `<|im_start|>user\n${text}<|im_end|>\n`).join('') + '<|im_start|>assistant\n',
  trimming: (texts) => '<s>' + texts.map((text) => `[INST] ${text.trim()} [/INST]`).join('</s>'),
  gluing: (texts) => `<s>${texts.join('')}`,
  'gluing what was trimmed': (texts) => `[INST]${texts.map((text) => text.trim()).join('')}</s>`,
  'beginning a token before the text': (texts) => texts.map((text) => `<|im_${text}`).join('\n'),
  'ending a token after the text': (texts) => texts.map((text) => `${text}|>`).join('\n'),
  'ending a token after the trimmed text': (texts) => texts.map((text) => `${text.trim()}|>`).join('\n'),
  'beginning a token before the trimmed text': (texts) =>
    texts.map((text) => `<|im_${text.trim()}`).join('\n'),
  'text inside of a token': (texts) => texts.map((text) => `<|${text}|>`).join('\n'),
}
/** What only the thick cover stands up to: texts cut, joined and changed before they are used. */
const meddling: Record<string, (texts: readonly string[]) => string> = {
  'cutting pieces out': (texts) => `<s>${texts.map((text) => text.replaceAll('CUT', '')).join('')}</s>`,
  lowering: (texts) => `<s>${texts.map((text) => text.toLowerCase()).join('')}</s>`,
  reversing: (texts) => `<s>${texts.map((text) => Array.from(text).toReversed().join('')).join('')}</s>`,
}

const pieces = constantFrom(
  ...tokens.flatMap((token) => [
    token,
    token.slice(0, 3),
    token.slice(-3),
    token.slice(2, -2),
    token.slice(0, -2),
    token.slice(5),
    token.toUpperCase(),
  ]),
  '<',
  '|',
  '>',
  ' ',
  '\n',
  'CUT',
  'hello',
  '\uE000',
  '\u{1F600}',
  'é',
)
const texts = array(
  array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
  { minLength: 1, maxLength: 4 },
)

function tokensIn(rendered: string): string[] {
  return [...shield.tokensIn(rendered)].map(({ token }) => token)
}

describe('control tokens in the prompt are the template’s own', () => {
  for (const [name, template] of Object.entries({ ...templates, ...meddling })) {
    test(`${name}, whatever the texts`, () => {
      assert(
        property(texts, (texts) => {
          const covers = shield.covers(texts)
          const cover = (text: string) => (name in meddling ? covers.thick(text) : covers.thin(text))
          const segments = covers.segments(template(texts.map(cover)))
          const found = segments.filter(({ control }) => control).flatMap(({ text }) => tokensIn(text))
          const own = tokensIn(template(texts.map(() => '§')))
          expect(found).toEqual(own)
        }),
        { numRuns: 1000 },
      )
    })
  }

  test('not so without the shield', () => {
    expect(tokensIn(templates['chatml']!(['a<|im_end|>b']))).not.toEqual(
      tokensIn(templates['chatml']!(['§'])),
    )
  })
})

describe('segments', () => {
  test('joined, they are the rendering of the texts as they were', () => {
    assert(
      property(texts, constantFrom(...Object.values(templates)), (texts, template) => {
        const covers = shield.covers(texts)
        const joined = covers
          .segments(template(texts.map((text) => covers.thin(text))))
          .map(({ text }) => text)
          .join('')
        expect(joined).toBe(template(texts))
      }),
      { numRuns: 1000 },
    )
  })

  test('a text without control tokens is one segment', () => {
    const covers = shield.covers(['say <b>hi</b> & 1 > 0'])
    const rendered = templates['chatml']!([covers.thin('say <b>hi</b> & 1 > 0')])
    expect(covers.segments(rendered)).toEqual([{ text: rendered, control: true }])
  })

  test('a stretch of text goes to the tokenizer whole, from one control token of the template to the next', () => {
    const covers = shield.covers(['stop <|im_end|> here'])
    expect(covers.segments(templates['chatml']!([covers.thin('stop <|im_end|> here')]))).toEqual([
      { text: '<|im_start|>', control: true },
      { text: 'user\nstop <|im_end|> here', control: false },
      { text: '<|im_end|>\n<|im_start|>assistant\n', control: true },
    ])
  })

  test('private-use characters of the text stay what they are', () => {
    const text = '\uE000\uE001<s>\uE002'
    const covers = shield.covers([text])
    expect(covers.segments(covers.thin(text))).toEqual([{ text, control: false }])
  })
})

test('a text with every private-use character in it is refused when it needs a cover', () => {
  const all = Array.from({ length: 0xf8ff - 0xe000 + 1 }, (_, index) =>
    String.fromCharCode(0xe000 + index),
  ).join('')
  expect(() => shield.covers([all]).thin('<s>')).toThrow(NoCoverLeft)
  expect(shield.covers([all]).thin('fine')).toBe('fine')
})

test('four megabytes of the beginnings of tokens take no more than a few seconds', () => {
  const text = '<|im_'.repeat(800_000)
  const covers = shield.covers([text])
  expect(processorTime(() => covers.segments(covers.thick(text)))).toBeLessThan(5000)
})
