/**
 * What the library tells of a model's hidden states. `llama_set_embeddings` is of no use beside logits: with it every token
 * of a prompt becomes an output, with logits of its own. `llama_set_embeddings_layer_inp` copies what goes into one layer
 * for all tokens of a step, and changes nothing else.
 */
import type { StateReading } from '../protocol.ts'
import type { Binding, Pointer } from './binding.ts'
import { metadataText } from './purpose.ts'

/** Those whose graphs name what goes into a layer (`t_layer_inp` in their sources); with any other the library aborts. */
const architectures: ReadonlySet<string> = new Set([
  'llama',
  'qwen3',
  'qwen3moe',
  'qwen3next',
  'qwen35',
  'gemma4',
  'gpt-oss',
  'lfm2',
])

/** @throws with the reason in words when the library would abort, or the probe is not for states of this width. */
export function checkStates(native: Binding, weights: Pointer, { layers, probe }: StateReading): void {
  const architecture = metadataText(native, weights, 'general.architecture')
  if (!architectures.has(architecture))
    throw new Error(`the library does not tell the hidden states of models of the kind "${architecture}"`)
  const count = native.llama_model_n_layer(weights)
  const strange = layers.find((layer) => !Number.isInteger(layer) || layer < 0 || layer >= count)
  if (layers.length === 0 || strange !== undefined)
    throw new Error(`its layers are 0 to ${count - 1}, and not ${strange ?? 'none'}`)
  const width = layers.length * native.llama_model_n_embd(weights)
  for (const head of [probe?.prompt, probe?.response]) {
    if (head != null && head.weights.length !== width)
      throw new Error(`its hidden states have ${width} components, the probe has ${head.weights.length}`)
  }
}
