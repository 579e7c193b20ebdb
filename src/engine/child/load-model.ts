/** Loads one model: libraries, backend, weights, context, thread pool, a first step; and says what it is. */
import koffi from 'koffi'
import { restrictToModel } from '../lockdown.ts'
import type { LoadedModel, LoadOptions } from '../protocol.ts'
import { bind, type Binding, type Pointer, progressCallback } from './binding.ts'
import { chooseCpuBackend, otherBackends } from './libraries.ts'
import { NativeLog } from './native-log.ts'
import { NativeModel } from './native-model.ts'
import type { SequenceCacheOptions } from './sequence-cache.ts'
import { threadpoolStruct } from './structs.ts'
import { Vocabulary } from './vocabulary.ts'

/** A model that is ready to compute. */
export interface ReadyModel {
  readonly model: NativeModel
  readonly vocabulary: Vocabulary
  readonly cache: SequenceCacheOptions
  /** Weights of the model, for estimates of its speed. */
  readonly parameters: number
  readonly description: LoadedModel
}

/** `enum ggml_type`. */
const type = { f16: 1, q8_0: 8, bf16: 30 } as const
/**
 * Element types of the cache, to be tried in turn: not every model can have the first. Where keys and values are both
 * f16, attention on the CPU has three ways to compute, depending on how many tokens a step has, that round differently:
 * an answer would depend on what else is computed beside it. With other types it has one (`steady`).
 */
const cpuCaches = [
  { keys: type.q8_0, values: type.q8_0, steady: true },
  { keys: type.f16, values: type.bf16, steady: true },
  { keys: type.f16, values: type.f16, steady: false },
] as const
const gpuCaches = [{ keys: type.f16, values: type.f16, steady: false }] as const

interface Context {
  readonly pointer: Pointer
  readonly shape: { readonly rows: number; readonly stepTokens: number; readonly threads: number }
  /** The order of cells in the cache is all that results depend on, so it is worth keeping. */
  readonly steady: boolean
}

/** The library's own bound on sequences, of which one holds what has ended. */
const mostSequences = 255

/**
 * @param onProgress called with 0 to 1 while weights are read.
 * @throws with the reason in words when the model cannot be used.
 */
export function loadModel(options: LoadOptions, onProgress: (fraction: number) => void): ReadyModel {
  const native = bind(options.libraries)
  const log = new NativeLog(native)
  const backend = chooseCpuBackend(options.libraries, options.cpuLevel)
  const cpu = native.ggml_backend_load(backend.path)
  if (cpu === null) throw new Error(log.reason(`the CPU backend ${backend.level} cannot be loaded`))
  for (const path of otherBackends(options.libraries)) native.ggml_backend_load(path)
  native.llama_backend_init()
  // Everything of the machine that is still needed is loaded: from here on the process reads its model only.
  const lockdown = restrictToModel(options.files ?? [options.path])

  const weights = loadWeights(native, options, onProgress)
  if (weights === null) throw new Error(log.reason('the file cannot be loaded as a model'))
  const unfit = unfitness(native, weights)
  if (unfit !== null) throw new Error(unfit)
  const vocabulary = new Vocabulary(native, native.llama_model_get_vocab(weights))
  const context = createContext(native, weights, options)
  if (context === null) throw new Error(log.reason('there is not enough memory for its context'))
  attachThreads(native, context.pointer, cpu, options.threads)
  log.silence()

  const model = new NativeModel(native, context.pointer, {
    ...context.shape,
    vocabularySize: vocabulary.size,
  })
  warmUp(model, Math.max(vocabulary.beginning, 0))
  return {
    model,
    vocabulary,
    cache: {
      cells: native.llama_n_ctx(context.pointer),
      sequences: context.shape.rows,
      ordered: context.steady,
    },
    parameters: Number(native.llama_model_n_params(weights)),
    description: {
      chatTemplate: native.llama_model_chat_template(weights, null),
      bosText: vocabulary.spelling(vocabulary.beginning),
      eosText: vocabulary.spelling(vocabulary.end),
      controlTokens: vocabulary.controlTokens.map((control) => control.text),
      vocabularySize: vocabulary.size,
      trainedContextTokens: native.llama_model_n_ctx_train(weights),
      description: describe(native, weights),
      build: `llama.cpp ${native.version} ${backend.level}`,
      lockdown,
    },
  }
}

function loadWeights(
  native: Binding,
  options: LoadOptions,
  onProgress: (fraction: number) => void,
): Pointer | null {
  let reported = 0
  const callback = koffi.register((fraction: number) => {
    // A few are enough, and each is a message.
    if (fraction - reported >= 0.05) onProgress((reported = fraction))
    return true
  }, koffi.pointer(progressCallback))
  try {
    return native.llama_model_load_from_file(options.path, {
      ...native.llama_model_default_params(),
      progress_callback: callback,
      // Repacked weights are faster for many formats, but round one token and several differently. Whoever fixes the
      // CPU level asks for the same results everywhere.
      use_extra_bufts: options.cpuLevel === null,
    })
  } finally {
    koffi.unregister(callback)
  }
}

/** Why a model that was loaded cannot generate text one token after the other, in words; null when it can. */
function unfitness(native: Binding, weights: Pointer): string | null {
  if (native.llama_model_has_encoder(weights) || !native.llama_model_has_decoder(weights))
    return 'the model is an encoder: it does not generate text'
  if (native.llama_model_is_diffusion(weights))
    return 'the model is a diffusion model, which is not supported'
  if (native.llama_vocab_n_tokens(native.llama_model_get_vocab(weights)) <= 0)
    return 'the model has no vocabulary'
  return null
}

function createContext(native: Binding, weights: Pointer, options: LoadOptions): Context | null {
  const sequences = Math.min(options.sequences, mostSequences)
  const stepTokens = Math.max(options.batchTokens, sequences)
  for (const { keys, values, steady } of usesGpu(native) ? gpuCaches : cpuCaches) {
    const pointer = native.llama_init_from_model(weights, {
      ...native.llama_context_default_params(),
      n_ctx: options.cacheTokens,
      n_batch: stepTokens,
      n_ubatch: stepTokens,
      // One more than callers use: see `SequenceCache`.
      n_seq_max: sequences + 1,
      n_outputs_max: sequences + 1,
      n_threads: options.threads,
      n_threads_batch: options.threads,
      kv_unified: true,
      type_k: keys,
      type_v: values,
    })
    if (pointer === null) continue
    const shape = { rows: sequences, stepTokens, threads: options.threads }
    return { pointer, shape, steady: steady && !keepsState(native, weights) }
  }
  return null
}

/** Threads that sleep between steps: spinning ones starve every other process on a small machine. */
function attachThreads(native: Binding, context: Pointer, cpu: Pointer, threads: number): void {
  const address = native.ggml_backend_reg_get_proc_address(cpu, 'ggml_threadpool_new')
  if (address === null) return
  const create = koffi.decode(
    address,
    koffi.proto('elpis_threadpool_new', 'void *', [koffi.pointer(threadpoolStruct)]),
  ) as (parameters: object) => Pointer | null
  const pool = create({ ...native.ggml_threadpool_params_default(threads), poll: 0 })
  if (pool !== null) native.llama_attach_threadpool(context, pool, pool)
}

/** One step now, so that the first request does not wait for weights to be read from disk. */
function warmUp(model: NativeModel, token: number): void {
  model.add(token, 0, 0, true)
  const result = model.run()
  model.clear()
  if (result !== 'done') throw new Error('the model cannot be computed')
}

function usesGpu(native: Binding): boolean {
  return native.ggml_backend_dev_by_type(1) !== null || native.ggml_backend_dev_by_type(2) !== null
}

/** The model remembers in a state of fixed size, which cannot be cut or copied in part. */
function keepsState(native: Binding, weights: Pointer): boolean {
  return native.llama_model_is_recurrent(weights) || native.llama_model_is_hybrid(weights)
}

/** Such as `llama 135M Q4_1`. */
function describe(native: Binding, weights: Pointer): string {
  const text = new Uint8Array(256)
  const length = native.llama_model_meta_val_str(weights, 'general.architecture', text, text.length)
  const architecture = Buffer.from(text.subarray(0, Math.max(0, Math.min(length, text.length - 1)))).toString(
    'utf8',
  )
  const quantisation = native.llama_ftype_name(native.llama_model_ftype(weights)) ?? 'unknown'
  return `${architecture} ${inWords(Number(native.llama_model_n_params(weights)))} ${quantisation}`
}

function inWords(parameters: number): string {
  if (parameters < 1e6) return `${Math.ceil(parameters / 1e3)}K`
  return parameters < 1e9 ? `${Math.round(parameters / 1e6)}M` : `${(parameters / 1e9).toFixed(1)}B`
}
