/**
 * Memory layouts of the structs that cross into the native library, laid out from its header `llama.h`. A struct that
 * moved by one field would be read as garbage without a word, so each field also states its default: at every start
 * the library's own defaults are read through these layouts and compared. Only then is anything else called.
 */
import koffi from 'koffi'

/** A field's C type, and the value the library gives it by default. */
type Field = readonly [type: string, initial: number | boolean | null]
type Layout = Readonly<Record<string, Field>>

/** `struct llama_model_params`. Enumerations are `int32_t`; pointers are opaque. */
const modelLayout = {
  devices: ['void *', null],
  tensor_buft_overrides: ['void *', null],
  n_gpu_layers: ['int32_t', -1],
  split_mode: ['int32_t', 1],
  load_mode: ['int32_t', -1],
  lazy_mode: ['int32_t', 1],
  main_gpu: ['int32_t', 0],
  tensor_split: ['void *', null],
  progress_callback: ['void *', null],
  progress_callback_user_data: ['void *', null],
  kv_overrides: ['void *', null],
  vocab_only: ['bool', false],
  check_tensors: ['bool', false],
  use_extra_bufts: ['bool', true],
  no_host: ['bool', false],
  no_alloc: ['bool', false],
  load_mtp: ['bool', false],
} as const satisfies Layout

/** `struct llama_context_params`. */
const contextLayout = {
  n_ctx: ['uint32_t', 512],
  n_batch: ['uint32_t', 2048],
  n_ubatch: ['uint32_t', 512],
  n_seq_max: ['uint32_t', 1],
  n_rs_seq: ['uint32_t', 0],
  n_outputs_max: ['uint32_t', 0],
  n_outputs_max_per_seq: ['uint32_t', 1],
  n_threads: ['int32_t', 4],
  n_threads_batch: ['int32_t', 4],
  ctx_type: ['int32_t', 0],
  rope_scaling_type: ['int32_t', -1],
  pooling_type: ['int32_t', -1],
  attention_type: ['int32_t', -1],
  flash_attn_type: ['int32_t', -1],
  rope_freq_base: ['float', 0],
  rope_freq_scale: ['float', 0],
  yarn_ext_factor: ['float', -1],
  yarn_attn_factor: ['float', -1],
  yarn_beta_fast: ['float', -1],
  yarn_beta_slow: ['float', -1],
  yarn_orig_ctx: ['uint32_t', 0],
  defrag_thold: ['float', -1],
  cb_eval: ['void *', null],
  cb_eval_user_data: ['void *', null],
  type_k: ['int32_t', 1],
  type_v: ['int32_t', 1],
  abort_callback: ['void *', null],
  abort_callback_data: ['void *', null],
  embeddings: ['bool', false],
  offload_kqv: ['bool', true],
  no_perf: ['bool', true],
  op_offload: ['bool', true],
  swa_full: ['bool', true],
  kv_unified: ['bool', false],
  samplers: ['void *', null],
  n_samplers: ['size_t', 0],
  ctx_other: ['void *', null],
} as const satisfies Layout

/** `struct ggml_threadpool_params` without its leading `bool cpumask[512]`; defaults are those for three threads. */
const threadpoolLayout = {
  n_threads: ['int32_t', 3],
  prio: ['int32_t', 0],
  poll: ['uint32_t', 50],
  strict_cpu: ['bool', false],
  paused: ['bool', false],
} as const satisfies Layout

type FieldsOf<L extends Layout> = {
  -readonly [Name in keyof L]: L[Name][1] extends null
    ? bigint | null
    : L[Name][1] extends boolean
      ? boolean
      : number
}
export type ModelParameters = FieldsOf<typeof modelLayout>
export type ContextParameters = FieldsOf<typeof contextLayout>
export type ThreadpoolParameters = FieldsOf<typeof threadpoolLayout> & { cpumask: boolean[] }

const typesOf = (layout: Layout) =>
  Object.fromEntries(Object.entries(layout).map(([name, [type]]) => [name, type]))

export const modelStruct = koffi.struct('llama_model_params', typesOf(modelLayout))
export const contextStruct = koffi.struct('llama_context_params', typesOf(contextLayout))
export const threadpoolStruct = koffi.struct('ggml_threadpool_params', {
  cpumask: koffi.array('bool', 512),
  ...typesOf(threadpoolLayout),
})
/** `struct llama_batch`: pointers to arrays with one element a token. */
export const batchStruct = koffi.struct('llama_batch', {
  n_tokens: 'int32_t',
  token: 'void *',
  embd: 'void *',
  pos: 'void *',
  n_seq_id: 'void *',
  seq_id: 'void *',
  logits: 'void *',
})
export interface NativeBatch {
  n_tokens: number
  token: bigint
  embd: null
  pos: bigint
  n_seq_id: bigint
  seq_id: bigint
  logits: bigint
}

/** What the library returned for each struct's defaults, read through the layouts above. */
export interface NativeDefaults {
  readonly model: object
  readonly context: object
  readonly threadpool: object
}

/** The first field that is not what the header says, in words; null when all are. */
export function layoutMismatch(defaults: NativeDefaults): string | null {
  return (
    mismatch('llama_model_params', modelLayout, defaults.model) ??
    mismatch('llama_context_params', contextLayout, defaults.context) ??
    mismatch('ggml_threadpool_params', threadpoolLayout, defaults.threadpool)
  )
}

function mismatch(struct: string, layout: Layout, actual: object): string | null {
  for (const [name, [, initial]] of Object.entries(layout)) {
    const value = (actual as Record<string, unknown>)[name]
    if (value !== initial) return `${struct}.${name} is ${String(value)}, not ${String(initial)}`
  }
  return null
}
