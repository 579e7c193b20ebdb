import type { Binding, Pointer } from './binding.ts'

/**
 * What a loaded model does: text, one token after the other; or one vector for a whole text, pooled as its file says. A
 * `ranker` is an embedder with a head in place of the vector.
 */
export type Purpose = 'generator' | 'embedder' | 'ranker'

/** `enum llama_pooling_type`, as metadata has it. */
const pooled: Readonly<Record<string, Purpose>> = {
  '1': 'embedder',
  '2': 'embedder',
  '3': 'embedder',
  '4': 'ranker',
}

/** @throws with the reason in words when the model is fit for neither. */
export function purposeOf(native: Binding, weights: Pointer): Purpose {
  if (native.llama_vocab_n_tokens(native.llama_model_get_vocab(weights)) <= 0)
    throw new Error('the model has no vocabulary')
  if (native.llama_model_has_encoder(weights))
    throw new Error('the model has an encoder of its own, as T5 has, which is not supported')
  const architecture = metadataText(native, weights, 'general.architecture')
  const purpose = pooled[metadataText(native, weights, `${architecture}.pooling_type`)]
  if (purpose !== undefined) return purpose
  if (native.llama_model_is_diffusion(weights))
    throw new Error('the model is a diffusion model, which is not supported')
  if (metadataText(native, weights, `${architecture}.attention.causal`) === 'false')
    throw new Error(
      `the model is an encoder, and its file does not say how to pool ("${architecture}.pooling_type")`,
    )
  return 'generator'
}

/** A value of the file as text; empty when it is not there. */
export function metadataText(native: Binding, weights: Pointer, key: string): string {
  const bytes = new Uint8Array(256)
  const length = native.llama_model_meta_val_str(weights, key, bytes, bytes.length)
  return Buffer.from(bytes.subarray(0, Math.max(0, Math.min(length, bytes.length - 1)))).toString('utf8')
}
