/** Makes a loaded model ready to embed. */
import type { LoadOptions } from '../protocol.ts'
import type { Binding, Pointer } from './binding.ts'
import { NativeEmbedder } from './native-embedder.ts'
import type { Purpose } from './purpose.ts'

/** Texts in one step of a GPU, which a single one does not fill. */
const sequencesOnGpu = 64
/**
 * On the CPU a step has one text. Sums over a step round by its length, so beside others a text would get another vector
 * than alone (up to 1.4e-4 in a component, all-MiniLM-L6-v2 in F32); and only texts of a few words take longer this way.
 */
const sequencesOnCpu = 1

export interface OpenedEmbedder {
  readonly embedder: NativeEmbedder
  readonly context: Pointer
}

/**
 * @returns null when there is not enough memory.
 * @throws with the reason in words when the model does not say what comes out of it.
 */
export function openEmbedder(
  native: Binding,
  weights: Pointer,
  { purpose, onGpu }: { readonly purpose: Exclude<Purpose, 'generator'>; readonly onGpu: boolean },
  options: LoadOptions,
): OpenedEmbedder | null {
  const trained = native.llama_model_n_ctx_train(weights)
  const contextTokens = Math.min(options.contextTokens, trained > 0 ? trained : options.contextTokens)
  // Where every token sees all others, a text must be computed in one piece.
  const batchTokens = Math.max(contextTokens, options.batchTokens)
  const sequences = onGpu ? sequencesOnGpu : sequencesOnCpu
  const context = native.llama_init_from_model(weights, {
    ...native.llama_context_default_params(),
    n_ctx: batchTokens,
    n_batch: batchTokens,
    n_ubatch: batchTokens,
    n_seq_max: sequences,
    // The pooled vector is made of the outputs of all tokens.
    n_outputs_max_per_seq: 0,
    n_threads: options.threads,
    n_threads_batch: options.threads,
    embeddings: true,
    kv_unified: true,
  })
  if (context === null) return null
  const width =
    purpose === 'ranker' ? native.llama_model_n_cls_out(weights) : native.llama_model_n_embd_out(weights)
  if (width < 1) throw new Error('the model does not say how long its vectors are')
  const shape = { width, contextTokens, sequences, batchTokens, threads: options.threads }
  return { context, embedder: new NativeEmbedder(native, context, shape) }
}
