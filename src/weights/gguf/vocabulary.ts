import type { HeaderReader } from './header-reader.ts'
import { shown, type GgufArray, type GgufValue, type Metadata } from './metadata.ts'

const prefix = 'tokenizer.ggml.'

/** Keys that name a token by its number. */
const tokenKeys = [
  'bos',
  'eos',
  'eot',
  'eom',
  'unknown',
  'seperator',
  'padding',
  'cls',
  'mask',
  'fim_pre',
  'fim_suf',
  'fim_mid',
  'fim_pad',
  'fim_rep',
  'fim_sep',
  'prefix',
  'suffix',
  'middle',
].map((name) => `${prefix}${name}_token_id`)

/**
 * The vocabulary agrees with itself: native code indexes one array with the length of another.
 *
 * @throws `weights_invalid` with the reason.
 */
export function checkVocabulary(reader: HeaderReader, { values, types }: Metadata): void {
  const tokens = array(reader, values, 'tokens', ['string'])
  const companions = [
    array(reader, values, 'scores', ['f32', 'i32']),
    array(reader, values, 'token_type', ['i32']),
  ]
  const merges = array(reader, values, 'merges', ['string'])
  array(reader, values, 'suppress_tokens', ['i32'])
  array(reader, values, 'precompiled_charsmap', ['u8', 'i8'])
  const model = values.get(`${prefix}model`)
  if (model !== undefined && typeof model !== 'string') reader.refuse(`"${prefix}model" is no text`)
  if (tokens === null) {
    if (companions.some((companion) => companion !== null) || merges !== null) {
      reader.refuse(`it has parts of a vocabulary, but not "${prefix}tokens"`)
    }
    return
  }
  if (tokens.length === 0) reader.refuse('its vocabulary is empty')
  for (const [index, name] of ['scores', 'token_type'].entries()) {
    const companion = companions[index]
    if (companion && companion.length !== tokens.length) {
      reader.refuse(`it has ${tokens.length} tokens, but ${companion.length} in "${prefix}${name}"`)
    }
  }
  for (const key of tokenKeys) {
    const id = values.get(key)
    if (id === undefined) continue
    if (types.get(key) !== 'u32') reader.refuse(`"${key}" is of type ${types.get(key)}, not u32`)
    if (typeof id !== 'number' || id >= tokens.length) {
      reader.refuse(`"${key}" is ${shown(id)}, and there are ${tokens.length} tokens`)
    }
  }
  checkImplied(reader, values, tokens.length)
  distinctTexts(reader, tokens)
}

/** Numbers that native code takes for special tokens of WordPiece where the file gives none (`llama-vocab.cpp`). */
const impliedByWordPiece = { bos: 101, unknown: 100, seperator: 102, padding: 0, mask: 103 } as const

function checkImplied(reader: HeaderReader, values: ReadonlyMap<string, GgufValue>, tokens: number): void {
  if (values.get(`${prefix}model`) !== 'bert') return
  for (const [name, id] of Object.entries(impliedByWordPiece)) {
    const key = `${prefix}${name}_token_id`
    if (!values.has(key) && id >= tokens)
      reader.refuse(`"${key}" is not given and would be ${id}, and there are ${tokens} tokens`)
  }
}

function array(
  reader: HeaderReader,
  values: ReadonlyMap<string, GgufValue>,
  name: string,
  types: readonly string[],
): GgufArray | null {
  const value = values.get(`${prefix}${name}`)
  if (value === undefined) return null
  if (typeof value !== 'object') reader.refuse(`"${prefix}${name}" is no array`)
  if (!types.includes(value.type)) {
    reader.refuse(`"${prefix}${name}" holds ${value.type}, not ${types.join(' or ')}`)
  }
  return value
}

/** Of a vocabulary so short that it was kept; longer ones were looked at while they were passed. */
function distinctTexts(reader: HeaderReader, { values }: GgufArray): void {
  const seen = new Map<unknown, number>()
  for (const [token, text] of (values ?? []).entries()) {
    const other = seen.get(text)
    if (text !== '' && other !== undefined) reader.refuse(`its tokens ${other} and ${token} are the same`)
    seen.set(text, token)
  }
}
