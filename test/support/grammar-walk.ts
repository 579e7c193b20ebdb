/** Random answers out of a grammar, chosen token by token through its masks, as a model would that knows nothing. */
import type { Grammar } from '../../src/engine/grammar/grammar.ts'
import { isIn } from '../../src/engine/child/grammar-mask.ts'
import { grammarVocabulary } from '../../src/engine/child/grammar-library.ts'
import { MaskStore } from '../../src/engine/child/mask-store.ts'
import { TokenGrammar } from '../../src/engine/child/token-grammar.ts'

/** Pieces of more than a byte, such as tokenizers of models make them, across the borders of JSON's own marks. */
const pieces = [
  '{"',
  '":',
  '": "',
  '","',
  '", "',
  '"}',
  '"]',
  '},{',
  '[[',
  ']]',
  ': ',
  ', ',
  'true',
  'false',
  'null',
  '12',
  '00',
  '-1',
  '0.',
  '.5',
  'e+',
  '\n  ',
  '\n',
  '  ',
  'name',
  'value',
  'ab',
  'a"',
  '\\u00',
  '\\"',
  'é',
  '日本',
  '😀',
  '@',
  '.com',
  '2024-',
  'T1',
  'Z"',
]
const control = { token: 256 + pieces.length + 1, text: '<|mark|>' }

/** Single bytes, pieces, one end of turn and one control token. */
export const walkingVocabulary = grammarVocabulary({
  size: control.token + 1,
  controlTokens: [{ ...control, stripLeft: false, stripRight: false }],
  token(token) {
    const bytes =
      token < 256 ? Uint8Array.of(token) : new Uint8Array(Buffer.from(pieces[token - 256] ?? '', 'utf8'))
    return { bytes, text: null, ends: token === 256 + pieces.length }
  },
})

export function tokenGrammar(grammar: Grammar): TokenGrammar {
  return new TokenGrammar(grammar, walkingVocabulary, new MaskStore(1_000_000))
}

/** What closes what is open comes first, so that a walk ends. */
const closers = Array.from('"}]ntf0123456789', (letter) => letter.charCodeAt(0))
const mostTokens = 20_000

/**
 * The bytes of a random text of the grammar.
 *
 * @param random from 0 to less than 1.
 * @param free after so many tokens the walk turns home.
 * @throws when it gets stuck, or does not end.
 */
export function walk(grammar: TokenGrammar, random: () => number, free: number): Buffer {
  const { ends, bytes, size } = walkingVocabulary
  const text: number[] = []
  let state = grammar.start()
  for (let step = 0; step < mostTokens; step++) {
    const mask = grammar.mask(state)
    const allowed = Array.from({ length: size }, (_, token) => token).filter((token) => isIn(mask, token))
    if (allowed.length === 0) throw new Error(`stuck after ${Buffer.from(text).toString()}`)
    const mayEnd = allowed.includes(ends[0]!)
    if (mayEnd !== state.complete)
      throw new Error('the end is not allowed where the text is whole, or the other way round')
    if (state.finished || (mayEnd && (step > free || random() < 0.3))) return Buffer.from(text)
    const going = allowed.filter((token) => token !== ends[0])
    const homewards = step > free ? closers.find((token) => going.includes(token)) : undefined
    const token = homewards ?? going[Math.floor(random() * going.length)]!
    text.push(...bytes(token))
    const next = grammar.advance(state, token)
    if (next === null) throw new Error(`token ${token} is in the mask and leads nowhere`)
    state = next
  }
  throw new Error('the walk does not end')
}

/** Whether the grammar has exactly this text. */
export function fits(grammar: TokenGrammar, text: string): boolean {
  return read(grammar, text)?.complete === true
}

/** Whether some text of the grammar begins like this. */
export function begins(grammar: TokenGrammar, text: string): boolean {
  return read(grammar, text) !== null
}

function read(grammar: TokenGrammar, text: string): ReturnType<TokenGrammar['start']> | null {
  let state: ReturnType<TokenGrammar['start']> | null = grammar.start()
  for (const byte of Buffer.from(text, 'utf8')) {
    state = grammar.after(state, byte)
    if (state === null) return null
  }
  return state
}
