import { fileTypes } from './format.ts'
import type { GgufValue } from './metadata.ts'
import type { Gguf } from './read.ts'

/** Where a model comes from, as its maker wrote it. */
export interface BaseModel {
  readonly name: string | null
  readonly organisation: string | null
  readonly version: string | null
  readonly url: string | null
}

/** Tensors of one type together. */
export interface TensorGroup {
  readonly type: string
  readonly tensors: number
  readonly elements: number
  readonly bytes: number
}

/**
 * What a model says of itself and what its tensors say of it; null where it says nothing. Texts are the file's own:
 * `printable` before anybody sees them.
 */
export interface ModelSummary {
  readonly architecture: string | null
  readonly name: string | null
  readonly version: string | null
  readonly organisation: string | null
  readonly author: string | null
  readonly finetune: string | null
  readonly description: string | null
  readonly url: string | null
  readonly baseModels: readonly BaseModel[]
  readonly datasets: readonly string[]
  readonly languages: readonly string[]
  readonly tags: readonly string[]
  readonly licence: { readonly id: string | null; readonly name: string | null; readonly link: string | null }
  readonly quantisedBy: string | null
  /** Counted over the tensors. */
  readonly parameters: number
  /** Of the whole file, such as `Q4_K_M`: as it says, else the type that most bytes have. */
  readonly quantisation: string | null
  readonly bitsPerWeight: number | null
  /** Largest first. */
  readonly tensorGroups: readonly TensorGroup[]
  readonly tensorBytes: number
  readonly trainedContextTokens: number | null
  readonly embedding: number | null
  readonly layers: number | null
  readonly heads: number | null
  readonly kvHeads: number | null
  readonly headDimension: number | null
  readonly feedForward: number | null
  readonly experts: { readonly total: number; readonly used: number } | null
  readonly slidingWindow: number | null
  /** How a model that embeds makes one vector of those of all tokens; `rank`: a head scores instead. */
  readonly pooling: 'mean' | 'cls' | 'last' | 'rank' | null
  readonly rope: {
    readonly base: number | null
    readonly scaling: string | null
    readonly factor: number | null
  }
  readonly vocabularySize: number | null
  readonly tokenizer: { readonly model: string | null; readonly pre: string | null }
  /** Numbers of special tokens: `bos`, `eos`, `padding`… */
  readonly specialTokens: ReadonlyMap<string, number>
  readonly chatTemplate: string | null
  /** Names of further templates, such as `tool_use`. */
  readonly otherTemplates: readonly string[]
}

/** The summary of a model whose header was read. */
export function describeModel({ metadata, tensors }: Gguf): ModelSummary {
  const value = (key: string): GgufValue | undefined => metadata.get(key)
  const text = (key: string): string | null => asText(value(key))
  const architecture = text('general.architecture')
  const own = (key: string): number | null => asNumber(value(`${architecture}.${key}`))
  const groups = groupTensors({ tensors })
  const elements = groups.reduce((sum, group) => sum + group.elements, 0)
  const tensorBytes = groups.reduce((sum, group) => sum + group.bytes, 0)
  const heads = own('attention.head_count')
  const embedding = own('embedding_length')
  const experts = own('expert_count')
  const tokens = value('tokenizer.ggml.tokens')
  return {
    architecture,
    name: text('general.name'),
    version: text('general.version'),
    organisation: text('general.organization'),
    author: text('general.author'),
    finetune: text('general.finetune'),
    description: text('general.description'),
    url: text('general.repo_url') ?? text('general.url'),
    baseModels: baseModels(metadata),
    datasets: asTexts(value('general.datasets')),
    languages: asTexts(value('general.languages')),
    tags: asTexts(value('general.tags')),
    licence: {
      id: text('general.license'),
      name: text('general.license.name'),
      link: text('general.license.link'),
    },
    quantisedBy: text('general.quantized_by'),
    parameters: elements,
    quantisation: fileTypes.get(asNumber(value('general.file_type')) ?? -1) ?? groups[0]?.type ?? null,
    bitsPerWeight: elements === 0 ? null : (tensorBytes * 8) / elements,
    tensorGroups: groups,
    tensorBytes,
    trainedContextTokens: own('context_length'),
    embedding,
    layers: own('block_count'),
    heads,
    kvHeads: own('attention.head_count_kv') ?? heads,
    headDimension:
      own('attention.key_length') ?? (embedding !== null && heads ? Math.floor(embedding / heads) : null),
    feedForward: own('feed_forward_length'),
    experts: experts ? { total: experts, used: own('expert_used_count') ?? 0 } : null,
    slidingWindow: own('attention.sliding_window') || null,
    pooling: poolings[own('pooling_type') ?? 0] ?? null,
    rope: {
      base: own('rope.freq_base'),
      scaling: text(`${architecture}.rope.scaling.type`) ?? (hasRopeFactors(tensors) ? 'factors' : null),
      factor: own('rope.scaling.factor'),
    },
    vocabularySize: typeof tokens === 'object' ? tokens.length : own('vocab_size'),
    tokenizer: { model: text('tokenizer.ggml.model'), pre: text('tokenizer.ggml.pre') },
    specialTokens: specialTokens(metadata),
    chatTemplate: text('tokenizer.chat_template'),
    otherTemplates: [...metadata.keys()].flatMap((key) =>
      key.startsWith(templatePrefix) ? [key.slice(templatePrefix.length)] : [],
    ),
  }
}

/** By `enum llama_pooling_type`. */
const poolings = [null, 'mean', 'cls', 'last', 'rank'] as const

function groupTensors({ tensors }: Pick<Gguf, 'tensors'>): TensorGroup[] {
  const groups = new Map<string, TensorGroup>()
  for (const { type, elements, bytes } of tensors) {
    const group = groups.get(type) ?? { type, tensors: 0, elements: 0, bytes: 0 }
    groups.set(type, {
      type,
      tensors: group.tensors + 1,
      elements: group.elements + elements,
      bytes: group.bytes + bytes,
    })
  }
  return [...groups.values()].toSorted((one, other) => other.bytes - one.bytes)
}

/** Llama 3.1 and later carry their RoPE scaling as one tensor of factors. */
function hasRopeFactors(tensors: Gguf['tensors']): boolean {
  return tensors.some(({ name }) => name.startsWith('rope_f'))
}

function baseModels(metadata: Gguf['metadata']): BaseModel[] {
  const count = Math.min(asNumber(metadata.get('general.base_model.count')) ?? 0, 16)
  return Array.from({ length: count }, (_, index) => {
    const text = (key: string): string | null => asText(metadata.get(`general.base_model.${index}.${key}`))
    return {
      name: text('name'),
      organisation: text('organization'),
      version: text('version'),
      url: text('repo_url') ?? text('url'),
    }
  })
}

function specialTokens(metadata: Gguf['metadata']): Map<string, number> {
  const found = new Map<string, number>()
  for (const [key, value] of metadata) {
    const name = /^tokenizer\.ggml\.(\w+)_token_id$/.exec(key)?.[1]
    if (name !== undefined && typeof value === 'number') found.set(name, value)
  }
  return found
}

function asText(value: GgufValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** A number; of one for each layer the largest. */
function asNumber(value: GgufValue | undefined): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'object' || value.values === null) return null
  const numbers = value.values.filter((each) => typeof each === 'number')
  return numbers.length === 0 ? null : Math.max(...numbers)
}

function asTexts(value: GgufValue | undefined): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' ? (value.values ?? []).filter((each) => typeof each === 'string') : []
}

const templatePrefix = 'tokenizer.chat_template.'
