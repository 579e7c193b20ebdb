import { expect, test } from 'vitest'
import type { Segment } from '../protocol.ts'
import { openTokens } from './open-prompt.ts'
import { Tokenizer } from './tokenizer.ts'

/** Words of up to three letters, so that what follows a text can change its last token. */
const tokenizer = new Tokenizer({
  beginning: 1,
  addsBeginning: true,
  controlTokens: [],
  markTokens: [],
  tokenize: (text) =>
    Int32Array.from(text.match(/.{1,3}/gsu) ?? [], (part) =>
      Array.from(part).reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0),
    ),
})

const rendered = (system: string, question: string): Segment[] => [
  { text: 'system:', control: true },
  { text: system, control: false },
  { text: 'user:', control: true },
  { text: question, control: false },
]

function openOf(prompt: readonly Segment[], openText: string | null): number {
  return openTokens({ prompt, addBos: true, openText }, tokenizer.tokenize(prompt, true), tokenizer)
}

test('the open text and what the template writes before it are open, up to the last token that is the same', () => {
  // 1 + ceil(7 + 5 letters / 3), whole.
  expect(openOf(rendered('Hello', 'x'), 'Hello')).toBe(1 + 4)
  // Of "sys tem :He llo w" the last token is another when "w" is followed by "orld".
  expect(openOf(rendered('Hello world', 'x'), 'Hello w')).toBe(1 + 4)
})

test('nothing is open where none is declared, or where the conversation begins in another way', () => {
  expect(openOf(rendered('Hello', 'x'), null)).toBe(0)
  expect(openOf(rendered('Hello', 'x'), '')).toBe(0)
  expect(openOf(rendered('Hell', 'o'), 'Hello')).toBe(0)
  expect(openOf(rendered('My secret. Hello', 'x'), 'Hello')).toBe(0)
  expect(openOf([{ text: 'system:Hello', control: true }], 'Hello')).toBe(0)
})

test('a text that was rendered in several pieces is one text', () => {
  const pieces: Segment[] = [
    { text: 'system:', control: true },
    { text: 'Hel', control: false },
    { text: 'lo', control: false },
    { text: 'user:', control: true },
  ]
  expect(openOf(pieces, 'Hello')).toBe(1 + 4)
})
