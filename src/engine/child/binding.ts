/** The functions of the native library that Elpis calls, and no others, with the types that their header gives them. */
import koffi from 'koffi'
import { loadNativeFiles } from './libraries.ts'
import {
  batchStruct,
  contextStruct,
  layoutMismatch,
  modelStruct,
  type NativeBatch,
  type ContextParameters,
  type ModelParameters,
  threadpoolStruct,
  type ThreadpoolParameters,
} from './structs.ts'

/** The release of llama.cpp that the layouts in `structs.ts` belong to. */
const expectedVersion = '0.5.0-dev'

/** Koffi gives every native call this stack (its largest): tokenizers recurse with the length of what they match. */
const nativeStackBytes = 16 * 1024 * 1024

/** The library is not the one this code was written for. */
export class IncompatibleLibrary extends Error {}

export type Pointer = bigint
type Bytes = Uint8Array | Pointer

export const progressCallback = koffi.proto('bool elpis_progress(float progress, void *data)')
export const logCallback = koffi.proto('void elpis_log(int32_t level, const char *text, void *data)')

/** Native functions under the names of their header; pointers are addresses. */
export interface Binding {
  readonly version: string
  llama_log_set(callback: Pointer | null, data: null): void
  /** Address of a function that does nothing to anybody, to be given as a log callback. */
  readonly silence: Pointer
  ggml_backend_load(path: string): Pointer | null
  ggml_backend_reg_by_name(name: string): Pointer | null
  ggml_backend_reg_get_proc_address(registry: Pointer, name: string): Pointer | null
  /** A device of this kind (0 CPU, 1 GPU, 2 integrated GPU), or null. */
  ggml_backend_dev_by_type(kind: number): Pointer | null
  ggml_backend_dev_count(): number | bigint
  ggml_backend_dev_get(index: number): Pointer
  ggml_backend_dev_type(device: Pointer): number
  ggml_backend_dev_name(device: Pointer): string | null
  ggml_backend_dev_description(device: Pointer): string | null
  ggml_backend_dev_memory(device: Pointer, free: BigUint64Array, total: BigUint64Array): void
  llama_backend_init(): void
  llama_model_default_params(): ModelParameters
  llama_context_default_params(): ContextParameters
  ggml_threadpool_params_default(threads: number): ThreadpoolParameters
  llama_model_load_from_file(path: string, parameters: ModelParameters): Pointer | null
  llama_model_free(model: Pointer): void
  llama_init_from_model(model: Pointer, parameters: ContextParameters): Pointer | null
  llama_free(context: Pointer): void
  llama_attach_threadpool(context: Pointer, decode: Pointer, batch: Pointer): void
  llama_set_n_threads(context: Pointer, decode: number, batch: number): void
  llama_n_ctx(context: Pointer): number
  llama_get_model(context: Pointer): Pointer
  llama_adapter_lora_init(model: Pointer, path: string): Pointer | null
  llama_adapter_lora_free(adapter: Pointer): void
  llama_set_adapters_lora(
    context: Pointer,
    adapters: BigUint64Array,
    count: number,
    scales: Float32Array,
  ): number
  llama_get_memory(context: Pointer): Pointer
  llama_model_get_vocab(model: Pointer): Pointer
  llama_model_n_ctx_train(model: Pointer): number
  llama_model_n_params(model: Pointer): number | bigint
  llama_model_n_swa(model: Pointer): number
  llama_model_n_layer(model: Pointer): number
  llama_model_n_embd(model: Pointer): number
  llama_model_n_embd_out(model: Pointer): number
  llama_model_n_cls_out(model: Pointer): number
  llama_model_has_encoder(model: Pointer): boolean
  llama_model_is_recurrent(model: Pointer): boolean
  llama_model_is_hybrid(model: Pointer): boolean
  llama_model_is_diffusion(model: Pointer): boolean
  llama_model_meta_val_str(model: Pointer, key: string, text: Uint8Array, size: number): number
  llama_model_ftype(model: Pointer): number
  llama_ftype_name(type: number): string | null
  llama_model_chat_template(model: Pointer, name: string | null): string | null
  llama_vocab_n_tokens(vocabulary: Pointer): number
  llama_vocab_get_text(vocabulary: Pointer, token: number): string | null
  llama_vocab_get_attr(vocabulary: Pointer, token: number): number
  llama_vocab_is_eog(vocabulary: Pointer, token: number): boolean
  llama_vocab_bos(vocabulary: Pointer): number
  llama_vocab_eos(vocabulary: Pointer): number
  llama_vocab_sep(vocabulary: Pointer): number
  llama_vocab_get_add_bos(vocabulary: Pointer): boolean
  llama_vocab_get_add_eos(vocabulary: Pointer): boolean
  llama_vocab_get_add_sep(vocabulary: Pointer): boolean
  llama_vocab_get_suppress_tokens(vocabulary: Pointer, count: Int32Array): Pointer | null
  llama_tokenize(
    vocabulary: Pointer,
    text: Uint8Array,
    length: number,
    tokens: Int32Array,
    capacity: number,
    addSpecial: boolean,
    parseSpecial: boolean,
  ): number
  llama_token_to_piece(
    vocabulary: Pointer,
    token: number,
    piece: Uint8Array,
    length: number,
    leadingSpaces: number,
    special: boolean,
  ): number
  llama_batch_init(tokens: number, embedding: number, sequences: number): NativeBatch
  llama_decode(context: Pointer, batch: NativeBatch): number
  llama_get_logits(context: Pointer): Pointer | null
  llama_get_embeddings_seq(context: Pointer, sequence: number): Pointer | null
  /** Whether what goes into a layer is copied out, for every token of a step. */
  llama_set_embeddings_layer_inp(context: Pointer, layer: number, enable: boolean): void
  llama_get_embeddings_layer_inp(context: Pointer, layer: number): Pointer | null
  llama_memory_clear(memory: Pointer, data: boolean): void
  llama_memory_seq_rm(memory: Pointer, sequence: number, from: number, to: number): boolean
  llama_memory_seq_cp(memory: Pointer, source: number, target: number, from: number, to: number): void
  llama_state_seq_get_size(context: Pointer, sequence: number): number | bigint
  llama_state_seq_get_data(context: Pointer, target: Bytes, size: number, sequence: number): number | bigint
  llama_state_seq_set_data(context: Pointer, source: Bytes, size: number, sequence: number): number | bigint
}

const signatures = {
  llama_log_set: ['void', ['void *', 'void *']],
  ggml_backend_load: ['void *', ['str']],
  ggml_backend_reg_by_name: ['void *', ['str']],
  ggml_backend_reg_get_proc_address: ['void *', ['void *', 'str']],
  ggml_backend_dev_by_type: ['void *', ['int32_t']],
  ggml_backend_dev_count: ['size_t', []],
  ggml_backend_dev_get: ['void *', ['size_t']],
  ggml_backend_dev_type: ['int32_t', ['void *']],
  ggml_backend_dev_name: ['str', ['void *']],
  ggml_backend_dev_description: ['str', ['void *']],
  ggml_backend_dev_memory: ['void', ['void *', 'uint64_t *', 'uint64_t *']],
  llama_backend_init: ['void', []],
  llama_model_default_params: [modelStruct, []],
  llama_context_default_params: [contextStruct, []],
  ggml_threadpool_params_default: [threadpoolStruct, ['int32_t']],
  llama_model_load_from_file: ['void *', ['str', modelStruct]],
  llama_model_free: ['void', ['void *']],
  llama_init_from_model: ['void *', ['void *', contextStruct]],
  llama_free: ['void', ['void *']],
  llama_attach_threadpool: ['void', ['void *', 'void *', 'void *']],
  llama_set_n_threads: ['void', ['void *', 'int32_t', 'int32_t']],
  llama_n_ctx: ['uint32_t', ['void *']],
  llama_get_model: ['void *', ['void *']],
  llama_adapter_lora_init: ['void *', ['void *', 'str']],
  llama_adapter_lora_free: ['void', ['void *']],
  llama_set_adapters_lora: ['int32_t', ['void *', 'uint64_t *', 'size_t', 'float *']],
  llama_get_memory: ['void *', ['void *']],
  llama_model_get_vocab: ['void *', ['void *']],
  llama_model_n_ctx_train: ['int32_t', ['void *']],
  llama_model_n_params: ['uint64_t', ['void *']],
  llama_model_n_embd_out: ['int32_t', ['void *']],
  llama_model_n_cls_out: ['uint32_t', ['void *']],
  llama_model_has_encoder: ['bool', ['void *']],
  llama_model_n_swa: ['int32_t', ['void *']],
  llama_model_n_layer: ['int32_t', ['void *']],
  llama_model_n_embd: ['int32_t', ['void *']],
  llama_model_is_recurrent: ['bool', ['void *']],
  llama_model_is_hybrid: ['bool', ['void *']],
  llama_model_is_diffusion: ['bool', ['void *']],
  llama_model_meta_val_str: ['int32_t', ['void *', 'str', 'uint8_t *', 'size_t']],
  llama_model_ftype: ['int32_t', ['void *']],
  llama_ftype_name: ['str', ['int32_t']],
  llama_model_chat_template: ['str', ['void *', 'str']],
  llama_vocab_n_tokens: ['int32_t', ['void *']],
  llama_vocab_get_text: ['str', ['void *', 'int32_t']],
  llama_vocab_get_attr: ['int32_t', ['void *', 'int32_t']],
  llama_vocab_is_eog: ['bool', ['void *', 'int32_t']],
  llama_vocab_bos: ['int32_t', ['void *']],
  llama_vocab_eos: ['int32_t', ['void *']],
  llama_vocab_sep: ['int32_t', ['void *']],
  llama_vocab_get_add_bos: ['bool', ['void *']],
  llama_vocab_get_add_eos: ['bool', ['void *']],
  llama_vocab_get_add_sep: ['bool', ['void *']],
  llama_vocab_get_suppress_tokens: ['void *', ['void *', 'int32_t *']],
  llama_tokenize: ['int32_t', ['void *', 'uint8_t *', 'int32_t', 'int32_t *', 'int32_t', 'bool', 'bool']],
  llama_token_to_piece: ['int32_t', ['void *', 'int32_t', 'uint8_t *', 'int32_t', 'int32_t', 'bool']],
  llama_batch_init: [batchStruct, ['int32_t', 'int32_t', 'int32_t']],
  llama_decode: ['int32_t', ['void *', batchStruct]],
  llama_get_logits: ['void *', ['void *']],
  llama_get_embeddings_seq: ['void *', ['void *', 'int32_t']],
  llama_set_embeddings_layer_inp: ['void', ['void *', 'uint32_t', 'bool']],
  llama_get_embeddings_layer_inp: ['void *', ['void *', 'uint32_t']],
  llama_memory_clear: ['void', ['void *', 'bool']],
  llama_memory_seq_rm: ['bool', ['void *', 'int32_t', 'int32_t', 'int32_t']],
  llama_memory_seq_cp: ['void', ['void *', 'int32_t', 'int32_t', 'int32_t', 'int32_t']],
  llama_state_seq_get_size: ['size_t', ['void *', 'int32_t']],
  llama_state_seq_get_data: ['size_t', ['void *', 'uint8_t *', 'size_t', 'int32_t']],
  llama_state_seq_set_data: ['size_t', ['void *', 'uint8_t *', 'size_t', 'int32_t']],
} as const satisfies Record<Exclude<keyof Binding, 'version' | 'silence'>, unknown>

/** What `llama-ext.h` declares is C++, and is exported under these names. */
const mangled: Readonly<Record<string, string>> = {
  llama_set_embeddings_layer_inp: '_Z30llama_set_embeddings_layer_inpP13llama_contextjb',
  llama_get_embeddings_layer_inp: '_Z30llama_get_embeddings_layer_inpP13llama_contextj',
}

/**
 * Loads the native libraries from `folder` and checks that they are the ones this code knows.
 *
 * @throws {IncompatibleLibrary} when the version or the layout of a struct differs.
 */
export function bind(folder: string): Binding {
  // Koffi takes settings only before its first library.
  const settings = koffi.config()
  if (settings.sync_stack_size !== nativeStackBytes)
    koffi.config({ ...settings, sync_stack_size: nativeStackBytes })
  const files = loadNativeFiles(folder)
  const version = files.llama.func('llama_version', 'str', [])() as string
  if (version !== expectedVersion)
    throw new IncompatibleLibrary(`the native library is ${version}, not ${expectedVersion}`)
  const functions = Object.entries(signatures).map(([name, [result, parameters]]) => {
    const file = name.startsWith('llama_')
      ? files.llama
      : name.startsWith('ggml_backend_')
        ? files.ggml
        : files.base
    return [name, file.func(mangled[name] ?? name, result, [...parameters])]
  })
  const binding = {
    ...Object.fromEntries(functions),
    version,
    // A function that takes nothing and only reads the clock: harmless whatever it is called with.
    silence: koffi.address(files.llama.symbol('llama_time_us')),
  } as Binding
  const difference = layoutMismatch({
    model: binding.llama_model_default_params(),
    context: binding.llama_context_default_params(),
    threadpool: binding.ggml_threadpool_params_default(3),
  })
  if (difference !== null)
    throw new IncompatibleLibrary(`the native library differs from its header: ${difference}`)
  return binding
}
