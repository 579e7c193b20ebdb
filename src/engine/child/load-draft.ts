/** Loads a draft model into the process of the model that it drafts for. */
import type { DraftFile, LoadOptions } from '../protocol.ts'
import type { Binding, Pointer } from './binding.ts'
import { gpuDevices } from './devices.ts'
import { DraftModel } from './draft-model.ts'
import { mostDrafting } from './drafts.ts'
import { NativeModel } from './native-model.ts'
import { purposeOf } from './purpose.ts'
import { prefillTokens } from './step-size.ts'

export interface LoadedDraft {
  readonly model: DraftModel
  readonly context: Pointer
}

/** Attention is computed the quickest way: what this model says is only proposed. */
const f16 = 1
/** More layers than any model has. */
const allLayers = 10_000

/**
 * To be called when the model itself has all that it needs: the draft takes what is left of graphics processors.
 *
 * @param weights of the model itself.
 * @throws with the reason in words when it cannot draft for it.
 */
export function loadDraft(
  native: Binding,
  weights: Pointer,
  draft: DraftFile,
  options: LoadOptions,
): LoadedDraft {
  const { name, path, bytes } = draft
  const free = gpuDevices(native).reduce((sum, { freeBytes }) => sum + freeBytes, 0)
  const own = native.llama_model_load_from_file(path, {
    ...native.llama_model_default_params(),
    n_gpu_layers: free > bytes ? allLayers : 0,
    use_extra_bufts: options.cpuLevel === null,
  })
  if (own === null) throw new Error(`the file of the draft model ${name} cannot be loaded as a model`)
  checkDraft(native, { weights, own }, draft)
  const { threads } = options
  const stepTokens = Math.max(options.batchTokens, mostDrafting)
  const context = native.llama_init_from_model(own, {
    ...native.llama_context_default_params(),
    n_ctx: mostDrafting * options.contextTokens,
    n_batch: stepTokens,
    n_ubatch: stepTokens,
    n_seq_max: mostDrafting,
    n_outputs_max: mostDrafting,
    n_threads: threads,
    n_threads_batch: threads,
    kv_unified: true,
    type_k: f16,
    type_v: f16,
  })
  if (context === null)
    throw new Error(`there is not enough memory for the context of the draft model ${name}`)
  const vocabularySize = native.llama_vocab_n_tokens(native.llama_model_get_vocab(own))
  const shape = { threads, rows: mostDrafting, stepTokens, vocabularySize, layers: [], stateWidth: 0 }
  const parameters = Number(native.llama_model_n_params(own))
  const model = new DraftModel({
    decoder: new NativeModel(native, context, shape),
    slots: mostDrafting,
    readTokens: prefillTokens(parameters, threads, stepTokens).beside,
    ratio: parameters / Math.max(1, Number(native.llama_model_n_params(weights))),
    now: () => performance.now(),
  })
  return { model, context }
}

/** @throws when the two do not mean the same by their tokens, or the draft cannot take back what it said. */
function checkDraft(
  native: Binding,
  { weights, own }: { readonly weights: Pointer; readonly own: Pointer },
  { name, model }: DraftFile,
): void {
  if (purposeOf(native, own) !== 'generator')
    throw new Error(`the draft model ${name} does not generate text`)
  if (native.llama_model_is_recurrent(own) || native.llama_model_is_hybrid(own))
    throw new Error(`the draft model ${name} keeps a state, so it cannot take back a wrong token`)
  const difference = vocabularyDifference(native, weights, own)
  if (difference !== null)
    throw new Error(`the draft model ${name} has another vocabulary than ${model}: ${difference}`)
}

/** In words; null when both have the same tokens. */
function vocabularyDifference(native: Binding, weights: Pointer, own: Pointer): string | null {
  const [one, other] = [native.llama_model_get_vocab(weights), native.llama_model_get_vocab(own)]
  const [count, otherCount] = [native.llama_vocab_n_tokens(one), native.llama_vocab_n_tokens(other)]
  if (count !== otherCount) return `${otherCount} tokens, not ${count}`
  for (let token = 0; token < count; token++) {
    if (native.llama_vocab_get_text(one, token) !== native.llama_vocab_get_text(other, token))
      return `token ${token} is another one`
  }
  return null
}
