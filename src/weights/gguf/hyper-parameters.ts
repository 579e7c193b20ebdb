import type { HeaderReader } from './header-reader.ts'
import { shown, type GgufScalar, type GgufValue, type Metadata } from './metadata.ts'
import { quoted } from './printable.ts'
import type { GgufTensor } from './tensors.ts'

/**
 * Least and most of each hyper-parameter, where it is given. The native loader stops its process beyond some of them
 * (`LLAMA_MAX_LAYERS`, `LLAMA_MAX_EXPERTS` in `llama-hparams.h`) and multiplies the others without a look.
 */
const bounds = {
  block_count: [1, 512],
  context_length: [1, 2 ** 30],
  embedding_length: [1, 2 ** 20],
  vocab_size: [1, 2 ** 24],
  feed_forward_length: [0, 2 ** 24],
  'attention.head_count': [0, 2 ** 14],
  'attention.head_count_kv': [0, 2 ** 14],
  'attention.key_length': [1, 2 ** 16],
  'attention.value_length': [1, 2 ** 16],
  'attention.key_length_swa': [1, 2 ** 16],
  'attention.value_length_swa': [1, 2 ** 16],
  'attention.sliding_window': [0, 2 ** 30],
  'rope.dimension_count': [0, 2 ** 16],
  expert_count: [0, 1024],
  expert_used_count: [0, 1024],
  // Unknown ways to pool end the native process (`build_pooling` in `llama-graph.cpp`).
  pooling_type: [0, 4],
  'classifier.pooling_type': [0, 4],
} as const

/** These may be given once for all layers or once for each. */
const perLayer = new Set<string>([
  'feed_forward_length',
  'attention.head_count',
  'attention.head_count_kv',
  'attention.sliding_window_pattern',
  'expert_used_count',
])

/**
 * Everything that an architecture says of itself is in a range that can be meant.
 *
 * @throws `weights_invalid` with the reason.
 */
export function checkHyperParameters(
  reader: HeaderReader,
  { values, types }: Metadata,
  tensors: readonly GgufTensor[],
): void {
  const architecture = values.get('general.architecture')
  if (architecture === undefined) return
  if (typeof architecture !== 'string' || !/^[\w.-]{1,64}$/.test(architecture)) {
    reader.refuse(`"general.architecture" names no architecture: ${shown(architecture)}`)
  }
  const at = (name: string): GgufValue | undefined => values.get(`${architecture}.${name}`)
  for (const [name, [least, most]] of Object.entries(bounds)) {
    const value = at(name)
    if (value === undefined) continue
    const key = `${architecture}.${name}`
    for (const number of listed(reader, key, value, perLayer.has(name))) {
      if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most) {
        reader.refuse(`"${key}" is ${shown(number)}, not ${least} to ${most}`)
      }
    }
    if (typeof value !== 'object' && types.get(key) !== 'u32') {
      reader.refuse(`"${key}" is of type ${types.get(key)}, not u32`)
    }
  }
  checkFinite(reader, values, `${architecture}.`)
  checkLayers(reader, architecture, at)
  checkHeads(reader, architecture, at)
  checkEmbedding(reader, values, at, tensors)
}

function listed(reader: HeaderReader, key: string, value: GgufValue, many: boolean): readonly GgufScalar[] {
  if (typeof value !== 'object') return [value]
  if (!many) reader.refuse(`"${key}" is an array`)
  return value.values ?? reader.refuse(`"${key}" has ${value.length} elements`)
}

function checkFinite(reader: HeaderReader, values: ReadonlyMap<string, GgufValue>, prefix: string): void {
  for (const [key, value] of values) {
    if (!key.startsWith(prefix)) continue
    const numbers = typeof value === 'object' ? (value.values ?? []) : [value]
    if (numbers.some((number) => typeof number === 'number' && !Number.isFinite(number))) {
      reader.refuse(`${quoted(key)} is not a finite number`)
    }
  }
}

type At = (name: string) => GgufValue | undefined

function checkLayers(reader: HeaderReader, architecture: string, at: At): void {
  const layers = at('block_count')
  for (const name of perLayer) {
    const value = at(name)
    if (typeof value !== 'object' || typeof layers !== 'number') continue
    if (value.length < layers) {
      reader.refuse(`"${architecture}.${name}" is for ${value.length} layers of ${layers}`)
    }
  }
  const experts = at('expert_count') ?? 0
  const used = at('expert_used_count') ?? 0
  if (typeof experts === 'number' && typeof used === 'number' && used > experts) {
    reader.refuse(`it uses ${used} experts of ${experts}`)
  }
}

function checkHeads(reader: HeaderReader, architecture: string, at: At): void {
  const heads = at('attention.head_count')
  const shared = at('attention.head_count_kv')
  const embedding = at('embedding_length')
  // State-space and recurrent models have no attention and write 0.
  const recurrent = at('ssm.state_size') !== undefined || at('wkv.head_size') !== undefined
  if (heads === 0 && !recurrent) reader.refuse(`"${architecture}.attention.head_count" is 0`)
  if (shared === 0 && !recurrent) reader.refuse(`"${architecture}.attention.head_count_kv" is 0`)
  if (typeof heads !== 'number' || heads === 0) return
  if (typeof shared === 'number' && shared > 0 && heads % shared !== 0) {
    reader.refuse(`${heads} heads cannot share ${shared} heads of keys and values`)
  }
  if (typeof embedding === 'number' && at('attention.key_length') === undefined && embedding < heads) {
    reader.refuse(`an embedding of ${embedding} cannot be split over ${heads} heads`)
  }
}

/** Token numbers index the rows of the embedding: there must be one row for each token. */
function checkEmbedding(
  reader: HeaderReader,
  values: ReadonlyMap<string, GgufValue>,
  at: At,
  tensors: readonly GgufTensor[],
): void {
  const table = tensors.find(({ name }) => name === 'token_embd.weight')
  if (table === undefined) return
  const [width, rows = 1] = table.dimensions
  const tokens = values.get('tokenizer.ggml.tokens')
  if (typeof tokens === 'object' && tokens.length !== rows) {
    reader.refuse(`it has ${tokens.length} tokens, but embeddings for ${rows}`)
  }
  const embedding = at('features_length') ?? at('embedding_length')
  if (typeof embedding === 'number' && embedding !== width) {
    reader.refuse(`its embeddings are ${width} wide, not ${embedding} as it says`)
  }
}
