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
  { text: `system:${system}user:`, control: true },
  { text: question, control: false },
]

function openOf(prompt: readonly Segment[], openText: string | null): number {
  const open =
    openText === null ? null : { text: openText, prompt: [{ text: `system:${openText}`, control: true }] }
  return openTokens({ addBos: true, open }, tokenizer.tokenize(prompt, true), tokenizer)
}

test('the open text and what the template writes before it are open, up to the last token that is the same', () => {
  // 1 + ceil(7 + 5 letters / 3), whole.
  expect(openOf(rendered('Hello', 'x'), 'Hello')).toBe(1 + 4)
  // Of "sys tem :He llo w" the last token is another when "w" is followed by "orld".
  expect(openOf(rendered('Hello world', 'x'), 'Hello w')).toBe(1 + 4)
})

test('nothing is open where none is declared, and of a conversation that begins in another way only what is the same', () => {
  expect(openOf(rendered('Hello', 'x'), null)).toBe(0)
  expect(openOf([{ text: 'My secret. system:Hello', control: true }], 'Hello')).toBe(1)
  expect(openOf(rendered('My secret. Hello', 'x'), 'Hello')).toBe(1 + 2)
})

test('how the prompt was cut makes no difference', () => {
  const pieces: Segment[] = [
    { text: 'system:Hel', control: true },
    { text: 'lo', control: false },
    { text: 'user:', control: true },
  ]
  expect(openOf(pieces, 'Hello')).toBe(1 + 4)
})
