/** An adapter (LoRA) with random weights that fits a model. */
import type { Gguf } from '../../src/weights/gguf/read.ts'
import { f32, ggufBytes, text, type TensorParts, type TypedValue } from './gguf-writer.ts'
import { matrix, randomNumbers } from './random-tensor.ts'

export interface AdapterChanges {
  readonly rank?: number
  /** How strong it is. */
  readonly alpha?: number
  readonly seed?: number
  /** Replaces keys, or leaves them out. */
  readonly metadata?: Readonly<Record<string, TypedValue | null>>
  readonly tensors?: (tensors: TensorParts[]) => TensorParts[]
}

/** The file. It changes the queries and the values of every layer. */
export function adapterFor(base: Gguf, changes: AdapterChanges = {}): Buffer {
  const { rank = 4, alpha = 8, seed = 1, metadata = {}, tensors = (all) => all } = changes
  const random = randomNumbers(seed)
  const architecture = base.metadata.get('general.architecture')
  const keys: Readonly<Record<string, TypedValue | null>> = {
    'general.architecture': text(typeof architecture === 'string' ? architecture : ''),
    'general.type': text('adapter'),
    'adapter.type': text('lora'),
    'adapter.lora.alpha': f32(alpha),
    ...metadata,
  }
  const matrices = base.tensors.filter(({ name }) => /attn_[qv]\.weight$/.test(name))
  return ggufBytes({
    metadata: Object.entries(keys).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
    tensors: tensors(
      matrices.flatMap(({ name, dimensions: [input = 1, output = 1] }) => [
        matrix(`${name}.lora_a`, [input, rank], random),
        matrix(`${name}.lora_b`, [rank, output], random),
      ]),
    ),
  })
}
