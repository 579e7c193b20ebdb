/**
 * Tiny models of well-known families: the true metadata of their public files (architecture, RoPE, tokenizer, special
 * tokens, template), small dimensions, random weights. They load and decode as the real ones do, and say nothing sensible.
 */
import { writeFile } from 'node:fs/promises'
import { f32, ggufBytes, text, texts, u32, type TensorParts, type TypedValue } from './gguf-writer.ts'
import { matrix, norm, randomNumbers, vector } from './random-tensor.ts'
import { gemma3Template, llama31Template, mistralTemplate, qwen3Template } from './templates.ts'
import { byteLevelVocabulary, sentencePieceVocabulary, type Vocabulary } from './vocabularies.ts'

interface Family {
  readonly architecture: string
  readonly general: Readonly<Record<string, TypedValue>>
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDimension: number
  readonly contextTokens: number
  /** Further keys under the architecture's name. */
  readonly own: Readonly<Record<string, TypedValue>>
  readonly vocabulary: Vocabulary
  readonly template: string
  /** Norms of queries and keys; norms behind attention and feed-forward. */
  readonly headNorms: boolean
  readonly postNorms: boolean
  /** A matrix of its own for the logits; else the embeddings serve for them. */
  readonly output: boolean
  readonly ropeFactors: readonly number[] | null
}

const embedding = 64
const feedForward = 128

/** Llama 3.1's stretching of RoPE for one head: slow dimensions by 8, fast ones not, between them gradually. */
function llama31RopeFactors(dimension: number, base: number): number[] {
  const [factor, lowFactor, highFactor, originalContext] = [8, 1, 4, 8192]
  return Array.from({ length: dimension / 2 }, (_, index) => {
    const wavelength = 2 * Math.PI * base ** ((2 * index) / dimension)
    if (wavelength < originalContext / highFactor) return 1
    if (wavelength > originalContext / lowFactor) return factor
    const smooth = (originalContext / wavelength - lowFactor) / (highFactor - lowFactor)
    return 1 / ((1 - smooth) / factor + smooth)
  })
}

export const families = {
  'llama-3.1': {
    architecture: 'llama',
    general: {
      'general.name': text('Tiny Llama 3.1 Instruct'),
      'general.license': text('llama3.1'),
      'general.tags': texts(['facebook', 'meta', 'pytorch', 'llama', 'llama-3', 'text-generation']),
      'general.languages': texts(['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th']),
    },
    layers: 2,
    heads: 4,
    kvHeads: 2,
    headDimension: 16,
    contextTokens: 131_072,
    own: {
      'rope.freq_base': f32(500_000),
      'rope.dimension_count': u32(16),
      'attention.layer_norm_rms_epsilon': f32(1e-5),
    },
    vocabulary: byteLevelVocabulary(
      'llama-bpe',
      {
        control: [
          '<|begin_of_text|>',
          '<|end_of_text|>',
          '<|reserved_special_token_0|>',
          '<|reserved_special_token_1|>',
          '<|finetune_right_pad_id|>',
          '<|reserved_special_token_2|>',
          '<|start_header_id|>',
          '<|end_header_id|>',
          '<|eom_id|>',
          '<|eot_id|>',
          '<|python_tag|>',
        ],
      },
      { bos: '<|begin_of_text|>', eos: '<|eot_id|>' },
    ),
    template: llama31Template,
    headNorms: false,
    postNorms: false,
    output: true,
    ropeFactors: llama31RopeFactors(16, 500_000),
  },
  qwen3: {
    architecture: 'qwen3',
    general: {
      'general.name': text('Tiny Qwen3'),
      'general.license': text('apache-2.0'),
      'general.tags': texts(['text-generation']),
    },
    layers: 2,
    heads: 4,
    kvHeads: 2,
    headDimension: 32,
    contextTokens: 40_960,
    own: {
      'rope.freq_base': f32(1_000_000),
      'attention.layer_norm_rms_epsilon': f32(1e-6),
      'attention.key_length': u32(32),
      'attention.value_length': u32(32),
    },
    vocabulary: byteLevelVocabulary(
      'qwen2',
      {
        control: [
          '<|endoftext|>',
          '<|im_start|>',
          '<|im_end|>',
          '<|object_ref_start|>',
          '<|object_ref_end|>',
          '<|box_start|>',
          '<|box_end|>',
          '<|quad_start|>',
          '<|quad_end|>',
          '<|vision_start|>',
          '<|vision_end|>',
          '<|vision_pad|>',
          '<|image_pad|>',
          '<|video_pad|>',
          '<|fim_prefix|>',
          '<|fim_middle|>',
          '<|fim_suffix|>',
          '<|fim_pad|>',
          '<|repo_name|>',
          '<|file_sep|>',
        ],
        userDefined: [
          '<tool_call>',
          '</tool_call>',
          '<tool_response>',
          '</tool_response>',
          '<think>',
          '</think>',
        ],
      },
      { bos: '<|endoftext|>', eos: '<|im_end|>', padding: '<|endoftext|>' },
      false,
    ),
    template: qwen3Template,
    headNorms: true,
    postNorms: false,
    output: false,
    ropeFactors: null,
  },
  'gemma-3': {
    architecture: 'gemma3',
    general: {
      'general.name': text('Tiny Gemma 3 It'),
      'general.license': text('gemma'),
      'general.tags': texts(['text-generation']),
    },
    // Every sixth layer sees everything.
    layers: 6,
    heads: 4,
    kvHeads: 1,
    headDimension: 32,
    contextTokens: 131_072,
    own: {
      'rope.freq_base': f32(1_000_000),
      'rope.scaling.type': text('linear'),
      'rope.scaling.factor': f32(8),
      'attention.layer_norm_rms_epsilon': f32(1e-6),
      'attention.key_length': u32(32),
      'attention.value_length': u32(32),
      'attention.sliding_window': u32(1024),
    },
    vocabulary: sentencePieceVocabulary(
      ['<pad>', '<eos>', '<bos>', '<unk>', '<mask>'],
      {
        control: ['<start_of_turn>', '<end_of_turn>', '<start_of_image>', '<end_of_image>'],
        userDefined: ['[multimodal]', '\n', '\n\n', '▁▁', '<table>'],
      },
      { bos: '<bos>', eos: '<end_of_turn>', unknown: '<unk>', padding: '<pad>' },
      false,
    ),
    template: gemma3Template,
    headNorms: true,
    postNorms: true,
    output: false,
    ropeFactors: null,
  },
  mistral: {
    architecture: 'llama',
    general: {
      'general.name': text('Tiny Mistral Instruct v0.3'),
      'general.license': text('apache-2.0'),
    },
    layers: 2,
    heads: 4,
    kvHeads: 1,
    headDimension: 16,
    contextTokens: 32_768,
    own: {
      'rope.freq_base': f32(1_000_000),
      'rope.dimension_count': u32(16),
      'attention.layer_norm_rms_epsilon': f32(1e-5),
    },
    vocabulary: sentencePieceVocabulary(
      ['<unk>', '<s>', '</s>'],
      {
        control: [
          '[INST]',
          '[/INST]',
          '[TOOL_CALLS]',
          '[AVAILABLE_TOOLS]',
          '[/AVAILABLE_TOOLS]',
          '[TOOL_RESULTS]',
          '[/TOOL_RESULTS]',
        ],
      },
      { bos: '<s>', eos: '</s>', unknown: '<unk>' },
    ),
    template: mistralTemplate,
    headNorms: false,
    postNorms: false,
    output: true,
    ropeFactors: null,
  },
} as const satisfies Record<string, Family>

export type FamilyName = keyof typeof families

/** The file of a family's tiny model, with more metadata; the same seed gives the same bytes. */
export function tinyModel(
  name: FamilyName,
  seed = 1,
  more: Readonly<Record<string, TypedValue>> = {},
): Buffer {
  const family: Family = families[name]
  const own = {
    block_count: u32(family.layers),
    context_length: u32(family.contextTokens),
    embedding_length: u32(embedding),
    feed_forward_length: u32(feedForward),
    'attention.head_count': u32(family.heads),
    'attention.head_count_kv': u32(family.kvHeads),
    vocab_size: u32(family.vocabulary.tokens.length),
    ...family.own,
  }
  return ggufBytes({
    metadata: Object.entries({
      'general.architecture': text(family.architecture),
      'general.type': text('model'),
      ...family.general,
      ...Object.fromEntries(
        Object.entries(own).map(([key, value]) => [`${family.architecture}.${key}`, value]),
      ),
      'general.file_type': u32(1),
      ...family.vocabulary.metadata,
      'tokenizer.chat_template': text(family.template),
      'general.quantization_version': u32(2),
      ...more,
    }),
    tensors: [...tensorsOf(family, randomNumbers(seed))],
  })
}

export async function writeTinyModel(name: FamilyName, path: string, seed?: number): Promise<void> {
  await writeFile(path, tinyModel(name, seed))
}

function* tensorsOf(family: Family, random: () => number): Generator<TensorParts> {
  const tokens = family.vocabulary.tokens.length
  const queries = family.heads * family.headDimension
  const shared = family.kvHeads * family.headDimension
  yield matrix('token_embd.weight', [embedding, tokens], random)
  if (family.ropeFactors !== null) yield vector('rope_freqs.weight', family.ropeFactors)
  for (let layer = 0; layer < family.layers; layer++) {
    const at = (name: string): string => `blk.${layer}.${name}.weight`
    yield norm(at('attn_norm'), embedding, random)
    yield matrix(at('attn_q'), [embedding, queries], random)
    yield matrix(at('attn_k'), [embedding, shared], random)
    yield matrix(at('attn_v'), [embedding, shared], random)
    yield matrix(at('attn_output'), [queries, embedding], random)
    if (family.headNorms) {
      yield norm(at('attn_q_norm'), family.headDimension, random)
      yield norm(at('attn_k_norm'), family.headDimension, random)
    }
    if (family.postNorms) yield norm(at('post_attention_norm'), embedding, random)
    yield norm(at('ffn_norm'), embedding, random)
    yield matrix(at('ffn_gate'), [embedding, feedForward], random)
    yield matrix(at('ffn_up'), [embedding, feedForward], random)
    yield matrix(at('ffn_down'), [feedForward, embedding], random)
    if (family.postNorms) yield norm(at('post_ffw_norm'), embedding, random)
  }
  yield norm('output_norm.weight', embedding, random)
  if (family.output) yield matrix('output.weight', [embedding, tokens], random)
}
