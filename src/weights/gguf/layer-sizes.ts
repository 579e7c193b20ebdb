import type { MemoryEstimate } from './memory.ts'
import type { Gguf } from './read.ts'

/** What the parts of a model take where they are placed, in bytes; see `engine/layer-placement.ts`. */
interface LayerSizes {
  readonly layers: readonly number[]
  readonly output: number
  readonly compute: number
}

/** Splits an estimate by layers. The cache is taken to be the same for all of them. */
export function layerSizes(
  { metadata, tensors }: Gguf,
  { cache, compute, output }: MemoryEstimate,
): LayerSizes {
  const architecture = metadata.get('general.architecture')
  const found = typeof architecture === 'string' ? metadata.get(`${architecture}.block_count`) : 0
  const count = typeof found === 'number' ? found : 0
  const layers = Array.from({ length: count }, () => cache / Math.max(1, count))
  let logits = 0
  let embeddings = 0
  for (const { name, bytes } of tensors) {
    const layer = Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? Number.NaN)
    if (layer < count) layers[layer]! += bytes
    else if (name.startsWith('output')) logits += bytes
    else if (name === 'token_embd.weight') embeddings = bytes
  }
  // Without a matrix of their own for logits, the embeddings are copied to where those are made.
  const tied = !tensors.some(({ name }) => name === 'output.weight')
  return { layers, output: logits + (tied ? embeddings : 0) + output, compute }
}
