/**
 * How much memory a model takes, by the arithmetic of llama.cpp's own buffers:
 *
 *     weights    the bytes of all tensors
 *     cache      Σ over layers: cells × (heads × dimension) of keys and of values × bytes of the cache type
 *                (`llama_kv_cache`); layers with a sliding window have fewer cells unless the cache is full-sized
 *                (`llama_kv_cache_iswa`); recurrent layers have a state per sequence (`llama_memory_recurrent`)
 *     compute    the largest of the graph's moments (`sched_reserve`): logits of a whole batch, feed-forward, attention
 *     output     one row of logits per sequence (`output_reserve`)
 *
 * Held against what the pinned library reports: exact for weights, cache and output, within 5% for compute, for dense
 * attention models. The process itself adds about 60 MB.
 */
import { tensorTypes } from './format.ts'
import type { Gguf } from './read.ts'

type CacheType = 'F32' | 'F16' | 'BF16' | 'Q8_0' | 'Q5_1' | 'Q5_0' | 'Q4_1' | 'Q4_0'

export interface MemoryQuestion {
  /** Tokens that one prompt and its answer may have together. */
  readonly contextTokens: number
  /** Answers generated at the same time. */
  readonly sequences: number
  /** Cells of the cache that all sequences share; left out, each sequence has a whole context. */
  readonly cacheTokens?: number
  /** Types of the cached keys and values; F16 unless told. */
  readonly keyType?: CacheType
  readonly valueType?: CacheType
  /** Most tokens in one decode step; 512 unless told. */
  readonly batchTokens?: number
  /** Of these, how many may give logits (`n_outputs_max`); all unless told. */
  readonly outputTokens?: number
  /** Whether layers with a sliding window keep all cells (`swa_full`, the library's default) or only what they see. */
  readonly fullWindowCache?: boolean
  /** Whether attention runs without its table of scores (`flash_attn`); true unless told. */
  readonly flashAttention?: boolean
}

/** All in bytes. */
export interface MemoryEstimate {
  readonly weights: number
  readonly cache: number
  readonly compute: number
  readonly output: number
  readonly total: number
}

/** The estimate for a model whose header was read; 0 for what its metadata does not tell. */
export function estimateMemory(model: Gguf, question: MemoryQuestion): MemoryEstimate {
  const shape = shapeOf(model)
  if (shape.pools) return estimateEmbedder(model, shape, question)
  const batch = question.batchTokens ?? 512
  // `n_ctx` is padded to 256 (`llama_context`).
  const all = padded(question.cacheTokens ?? question.contextTokens * question.sequences)
  const seen = padded(Math.min(all, shape.window * question.sequences + batch))
  const cells = { all, windowed: question.fullWindowCache === false ? seen : all }
  const weights = model.tensors.reduce((sum, { bytes }) => sum + bytes, 0)
  const cache = cacheBytes(shape, cells, question) + shape.stateBytes * question.sequences
  const rows = Math.min(batch, all)
  const outputs = Math.min(question.outputTokens ?? rows, rows)
  const compute = computeBytes(shape, cells, { rows, outputs }, question.flashAttention ?? true)
  const output = shape.vocabulary * question.sequences * 4
  return { weights, cache, compute, output, total: weights + cache + compute + output }
}

/**
 * A model that embeds takes a whole text in one step (`open-embedder.ts`), one after the other. An encoder has no cache,
 * for every token of a step sees all others of it, and gives no logits.
 */
function estimateEmbedder({ tensors }: Gguf, shape: Shape, question: MemoryQuestion): MemoryEstimate {
  const { contextTokens, batchTokens = 512 } = question
  const rows = Math.max(Math.min(contextTokens, shape.trained), batchTokens)
  const cells = { all: padded(rows), windowed: padded(rows) }
  const weights = tensors.reduce((sum, { bytes }) => sum + bytes, 0)
  const cache = shape.causal ? cacheBytes(shape, cells, question) : 0
  const { embedding, feedForward } = shape
  const encoding = rows * 4 * (Math.max(feedForward + 3 * embedding, 6 * embedding) + rows / 2)
  const compute = shape.causal
    ? computeBytes(shape, cells, { rows, outputs: rows }, true)
    : Math.ceil(encoding)
  const output = shape.vocabulary * 4
  return { weights, cache, compute, output, total: weights + cache + compute + output }
}

/** What layers of each kind cache, in tokens. */
interface Cells {
  readonly all: number
  readonly windowed: number
}

interface Shape {
  readonly embedding: number
  readonly feedForward: number
  readonly heads: number
  readonly vocabulary: number
  readonly layers: readonly Layer[]
  /** Cells that layers with a window see; 0 means that there is no window. */
  readonly window: number
  /** Recurrent state of all layers, per sequence. */
  readonly stateBytes: number
  /** Gives one vector for a whole text. */
  readonly pools: boolean
  /** Tokens see only what is before them. */
  readonly causal: boolean
  /** Tokens that it was trained for. */
  readonly trained: number
}

/** Elements that one layer caches per cell. */
interface Layer {
  readonly keys: number
  readonly values: number
  readonly windowed: boolean
}

function shapeOf({ metadata }: Gguf): Shape {
  const named = metadata.get('general.architecture')
  const architecture = typeof named === 'string' ? named : ''
  const numbers = (name: string): readonly number[] | null => {
    const value = metadata.get(`${architecture}.${name}`)
    if (typeof value === 'number') return [value]
    return typeof value === 'object' ? (value.values ?? []).map(Number) : null
  }
  const number = (name: string, otherwise: number): number => {
    const found = numbers(name)
    return found === null || found.length === 0 ? otherwise : Math.max(...found)
  }
  const at = (name: string, layer: number, otherwise: number): number => {
    const found = numbers(name)
    return (found?.length === 1 ? found[0] : found?.[layer]) ?? otherwise
  }
  const embedding = number('embedding_length', 0)
  const heads = number('attention.head_count', 0)
  const dimension = heads === 0 ? 0 : Math.floor(embedding / heads)
  const keyLength = number('attention.key_length', dimension)
  const valueLength = number('attention.value_length', dimension)
  // Multi-head latent attention caches one compressed key and no values.
  const latent = metadata.has(`${architecture}.attention.key_length_mla`)
  const all = number('block_count', 0)
  const window = number('attention.sliding_window', 0)
  const windowed = windowedLayers(metadata, architecture, all)
  // The last layers of Gemma 3n use the cache of earlier ones; prediction heads are not loaded.
  const own = all - number('attention.shared_kv_layers', 0) - number('nextn_predict_layers', 0)
  const layers = Array.from({ length: Math.max(0, own) }, (_, layer): Layer => {
    const shared = at('attention.head_count_kv', layer, at('attention.head_count', layer, 0))
    const inWindow = window > 0 && windowed(layer)
    return {
      keys: shared * (inWindow ? number('attention.key_length_swa', keyLength) : keyLength),
      values: latent
        ? 0
        : shared * (inWindow ? number('attention.value_length_swa', valueLength) : valueLength),
      windowed: inWindow,
    }
  })
  const inner = number('ssm.inner_size', 0)
  const state = number('ssm.state_size', 0)
  const convolution =
    Math.max(0, number('ssm.conv_kernel', 0) - 1) * (inner + 2 * number('ssm.group_count', 0) * state)
  const recurrent = layers.filter(({ keys }) => keys === 0).length
  const tokens = metadata.get('tokenizer.ggml.tokens')
  return {
    embedding,
    feedForward: number('feed_forward_length', 0),
    heads,
    vocabulary: typeof tokens === 'object' ? tokens.length : number('vocab_size', 0),
    layers,
    window,
    stateBytes: recurrent * (convolution + inner * state) * 4,
    pools: number('pooling_type', 0) > 0,
    causal: metadata.get(`${architecture}.attention.causal`) !== false,
    trained: number('context_length', Infinity),
  }
}

/**
 * Which layers have the window: as the file says (`sliding_window_pattern`, one for each layer or one period), else by
 * the period that llama.cpp takes for the architecture. Those without one ignore their window.
 */
function windowedLayers(
  metadata: Gguf['metadata'],
  architecture: string,
  layers: number,
): (layer: number) => boolean {
  const pattern = metadata.get(`${architecture}.attention.sliding_window_pattern`)
  if (typeof pattern === 'object') return (layer) => Boolean(pattern.values?.[layer])
  const known = windowPeriods[architecture]
  if (known === undefined || layers === 0) return () => false
  const period = typeof pattern === 'number' ? pattern : Math.abs(known)
  if (period === 0) return () => true
  // A negative period: the layer without a window comes first.
  return known < 0 ? (layer) => layer % period !== 0 : (layer) => layer % period < period - 1
}

/** One layer in so many sees everything (`load_swa_pattern` in `src/models/*.cpp` of llama.cpp). */
const windowPeriods: Readonly<Record<string, number>> = {
  afmoe: 4,
  cohere2: 4,
  cohere2moe: -4,
  'exaone-moe': 4,
  exaone4: 4,
  gemma2: 2,
  gemma3: 6,
  gemma3n: 5,
  'gpt-oss': 2,
  llama4: 4,
  mellum: 4,
  olmo2: 4,
  plamo3: 8,
  smallthinker: -4,
}

function cacheBytes(
  { layers }: Shape,
  cells: Cells,
  { keyType = 'F16', valueType = 'F16' }: Pick<MemoryQuestion, 'keyType' | 'valueType'>,
): number {
  const [key, value] = [bytesPerElement(keyType), bytesPerElement(valueType)]
  return layers.reduce(
    (sum, { keys, values, windowed }) =>
      sum + (keys * key + values * value) * (windowed ? cells.windowed : cells.all),
    0,
  )
}

function bytesPerElement(cacheType: CacheType): number {
  const type = [...tensorTypes.values()].find(({ name }) => name === cacheType)
  return type === undefined ? 2 : type.bytes / type.elements
}

function computeBytes(
  shape: Shape,
  cells: Cells,
  { rows, outputs }: { rows: number; outputs: number },
  flashAttention: boolean,
): number {
  const { embedding, feedForward, heads, vocabulary, layers } = shape
  const logits = (outputs * (vocabulary + 2 * embedding)) / rows
  const middle = 2 * feedForward + 2 * embedding
  // One mask for each kind of layer: which cells each row of the batch sees.
  const masks =
    (layers.some(({ windowed }) => !windowed) ? cells.all : 0) +
    (layers.some(({ windowed }) => windowed) ? cells.windowed : 0)
  // With flash attention masks are in half precision; without there is a score per head and cell as well.
  const attention = flashAttention ? masks / 2 + 12 * embedding : masks + heads * cells.all + 6 * embedding
  return Math.ceil(rows * 4 * Math.max(logits, middle, attention))
}

function padded(cells: number): number {
  return Math.ceil(cells / 256) * 256
}
