/** A tiny BERT with random weights and a small WordPiece vocabulary, that embeds or ranks. */
import {
  bool,
  f32,
  ggufBytes,
  i32s,
  text,
  texts,
  u32,
  type TensorParts,
  type TypedValue,
} from './gguf-writer.ts'
import { matrix, norm, randomNumbers, vector } from './random-tensor.ts'

const embedding = 64
const feedForward = 128
const layers = 2
export const encoderContext = 64

/** Special tokens first: their numbers are their places. */
export const encoderTokens = { padding: 0, unknown: 1, beginning: 2, separator: 3, mask: 4 } as const
const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
const letters = Array.from({ length: 26 }, (_, index) => String.fromCodePoint(97 + index))
/** A letter that begins a word, then one that goes on. */
const vocabulary = [...specials, ...letters.map((letter) => `▁${letter}`), ...letters]
/** Token types of `llama.h`. */
const [normal, control] = [1, 3]

/** `enum llama_pooling_type`. */
export const pooling = { mean: 1, cls: 2, last: 3, rank: 4 } as const

interface EncoderChanges {
  readonly pooling?: number
  /** The head of a ranker: one weight for each component of the first token's state. */
  readonly head?: readonly number[]
  readonly metadata?: Readonly<Record<string, TypedValue>>
}

/** The file; the same seed gives the same weights, whatever comes out of them. */
export function tinyEncoder(changes: EncoderChanges = {}, seed = 1): Buffer {
  const metadata: Readonly<Record<string, TypedValue>> = {
    'general.architecture': text('bert'),
    'general.type': text('model'),
    'general.name': text('Tiny encoder'),
    'bert.block_count': u32(layers),
    'bert.context_length': u32(encoderContext),
    'bert.embedding_length': u32(embedding),
    'bert.feed_forward_length': u32(feedForward),
    'bert.attention.head_count': u32(4),
    'bert.attention.layer_norm_epsilon': f32(1e-12),
    'bert.attention.causal': bool(false),
    'bert.pooling_type': u32(changes.pooling ?? pooling.mean),
    'tokenizer.ggml.model': text('bert'),
    'tokenizer.ggml.token_type_count': u32(2),
    'tokenizer.ggml.tokens': texts(vocabulary),
    'tokenizer.ggml.token_type': i32s(
      vocabulary.map((_, token) => (token < specials.length ? control : normal)),
    ),
    'tokenizer.ggml.padding_token_id': u32(encoderTokens.padding),
    'tokenizer.ggml.unknown_token_id': u32(encoderTokens.unknown),
    'tokenizer.ggml.bos_token_id': u32(encoderTokens.beginning),
    'tokenizer.ggml.seperator_token_id': u32(encoderTokens.separator),
    'tokenizer.ggml.mask_token_id': u32(encoderTokens.mask),
    ...changes.metadata,
  }
  const head =
    changes.head === undefined
      ? []
      : [{ ...vector('cls.output.weight', changes.head), dimensions: [embedding, 1] }]
  return ggufBytes({
    metadata: Object.entries(metadata),
    tensors: [...tensorsOf(randomNumbers(seed)), ...head],
  })
}

function* tensorsOf(random: () => number): Generator<TensorParts> {
  function* layerNorm(name: string): Generator<TensorParts> {
    yield norm(`${name}.weight`, embedding, random)
    yield vector(
      `${name}.bias`,
      Array.from({ length: embedding }, () => random() / 10),
    )
  }
  yield matrix('token_embd.weight', [embedding, vocabulary.length], random)
  yield table('token_types.weight', 2, random)
  yield table('position_embd.weight', encoderContext, random)
  yield* layerNorm('token_embd_norm')
  for (let layer = 0; layer < layers; layer++) {
    const at = (name: string): string => `blk.${layer}.${name}`
    for (const name of ['attn_q', 'attn_k', 'attn_v', 'attn_output'])
      yield matrix(at(`${name}.weight`), [embedding, embedding], random)
    yield* layerNorm(at('attn_output_norm'))
    yield matrix(at('ffn_up.weight'), [embedding, feedForward], random)
    yield matrix(at('ffn_down.weight'), [feedForward, embedding], random)
    yield* layerNorm(at('layer_output_norm'))
  }
}

/** Rows that are added to others: in single precision, as they are in every published file. */
function table(name: string, rows: number, random: () => number): TensorParts {
  const values = Array.from({ length: embedding * rows }, random)
  return { ...vector(name, values), dimensions: [embedding, rows] }
}
