/** Small vocabularies of each kind, with the real special tokens of a family. */
import { bool, f32s, i32s, text, texts, u32, type TypedValue } from './gguf-writer.ts'

export interface Vocabulary {
  readonly tokens: readonly string[]
  readonly metadata: Readonly<Record<string, TypedValue>>
}

/** Token types of `llama.h`. */
const [normal, unknown, control, userDefined, byte] = [1, 2, 3, 4, 6]

export interface SpecialTokens {
  /** Recognised only where the template put them. */
  readonly control: readonly string[]
  /** Recognised in any text. */
  readonly userDefined?: readonly string[]
}

/** Byte-level BPE: every byte is a token (as GPT-2 writes it), and each merge makes one more. */
export function byteLevelVocabulary(
  pre: string,
  special: SpecialTokens,
  ids: Readonly<Record<string, string>>,
  addBos?: boolean,
): Vocabulary {
  const merges = ['t h', 'th e', 'Ġ the', 'i n', 'Ġ a', 'a n', 'e r', 'o u', 'Ġ y', 'Ġy ou']
  const plain = [...byteCharacters, ...merges.map((merge) => merge.replace(' ', ''))]
  const { control: controls, userDefined: defined = [] } = special
  const tokens = [...plain, ...controls, ...defined]
  return {
    tokens,
    metadata: {
      'tokenizer.ggml.model': text('gpt2'),
      'tokenizer.ggml.pre': text(pre),
      'tokenizer.ggml.tokens': texts(tokens),
      'tokenizer.ggml.token_type': i32s([
        ...plain.map(() => normal),
        ...controls.map(() => control),
        ...defined.map(() => userDefined),
      ]),
      'tokenizer.ggml.merges': texts(merges),
      ...tokenIds(tokens, ids),
      ...(addBos === undefined ? {} : { 'tokenizer.ggml.add_bos_token': bool(addBos) }),
    },
  }
}

/** SentencePiece: pieces with scores, `▁` for a space, and a token for each byte that no piece has. */
export function sentencePieceVocabulary(
  first: readonly string[],
  special: SpecialTokens,
  ids: Readonly<Record<string, string>>,
  addSpacePrefix?: boolean,
): Vocabulary {
  const bytes = Array.from(
    { length: 256 },
    (_, value) => `<0x${value.toString(16).toUpperCase().padStart(2, '0')}>`,
  )
  const letters = Array.from({ length: 94 }, (_, index) => String.fromCodePoint(33 + index))
  const pieces = ['▁t', 'he', '▁the', 'in', '▁a', 'er', 'ou', '▁you', '▁', ...letters]
  const { control: controls, userDefined: defined = [] } = special
  const tokens = [...first, ...controls, ...defined, ...bytes, ...pieces]
  return {
    tokens,
    metadata: {
      'tokenizer.ggml.model': text('llama'),
      'tokenizer.ggml.pre': text('default'),
      'tokenizer.ggml.tokens': texts(tokens),
      'tokenizer.ggml.scores': f32s(
        tokens.map((_, index) =>
          index < tokens.length - pieces.length ? -1000 : tokens.length - pieces.length - index,
        ),
      ),
      'tokenizer.ggml.token_type': i32s([
        ...first.map((token) => (token === '<unk>' ? unknown : control)),
        ...controls.map(() => control),
        ...defined.map(() => userDefined),
        ...bytes.map(() => byte),
        ...pieces.map(() => normal),
      ]),
      ...tokenIds(tokens, ids),
      ...(addSpacePrefix === undefined ? {} : { 'tokenizer.ggml.add_space_prefix': bool(addSpacePrefix) }),
      'tokenizer.ggml.add_bos_token': bool(true),
      'tokenizer.ggml.add_eos_token': bool(false),
    },
  }
}

function tokenIds(
  tokens: readonly string[],
  ids: Readonly<Record<string, string>>,
): Record<string, TypedValue> {
  return Object.fromEntries(
    Object.entries(ids).map(([name, token]) => [
      `tokenizer.ggml.${name}_token_id`,
      u32(tokens.indexOf(token)),
    ]),
  )
}

/**
 * The characters that GPT-2 stands in for the 256 bytes: visible ones for themselves, the others for those from U+0100
 * on (`bytes_to_unicode`).
 */
const byteCharacters: readonly string[] = (() => {
  let next = 256
  return Array.from({ length: 256 }, (_, value) => {
    const visible =
      (value >= 33 && value <= 126) || (value >= 161 && value <= 172) || (value >= 174 && value <= 255)
    return String.fromCodePoint(visible ? value : next++)
  })
})()
