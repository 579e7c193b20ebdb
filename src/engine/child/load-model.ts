/** Loads one model: libraries, backend, weights, context, thread pool, a first step; and says what it is. */
import koffi from 'koffi'
import { restrictToModel } from '../lockdown.ts'
import type { LoadedModel, LoadOptions } from '../protocol.ts'
import { bind, type Binding, type Pointer, progressCallback } from './binding.ts'
import type { Embedder } from './embedder.ts'
import { gpuDevices } from './devices.ts'
import type { DraftModel } from './draft-model.ts'
import { layersThatFit } from '../layer-placement.ts'
import { chooseCpuBackend, otherBackends } from './libraries.ts'
import { loadDraft } from './load-draft.ts'
import { NativeLog } from './native-log.ts'
import { NativeModel } from './native-model.ts'
import { openEmbedder } from './open-embedder.ts'
import { checkStates } from './hidden-states.ts'
import { metadataText, purposeOf, type Purpose } from './purpose.ts'
import type { SequenceCacheOptions } from './cell-store.ts'
import { attachThreads } from './sleeping-threads.ts'
import { Vocabulary } from './vocabulary.ts'

/** A model that is ready to compute vectors of texts. */
export interface ReadyEmbedder {
  readonly purpose: Exclude<Purpose, 'generator'>
  readonly embedder: Embedder
  readonly vocabulary: Vocabulary
  readonly parameters: number
  /** How a query and a document become one text; null when the model brought nothing along for that. */
  readonly pairTemplate: string | null
  readonly description: LoadedModel
}

/** A model that is ready to generate. */
export interface ReadyModel {
  readonly purpose: 'generator'
  readonly model: NativeModel
  readonly vocabulary: Vocabulary
  readonly cache: SequenceCacheOptions
  /** Results do not depend on what else is in a step. */
  readonly steady: boolean
  /** Weights of the model, for estimates of its speed. */
  readonly parameters: number
  /** Null when nothing drafts for it. */
  readonly draft: DraftModel | null
  readonly description: LoadedModel
}

/** `enum ggml_type`. */
const type = { f16: 1, q8_0: 8, bf16: 30 } as const
/**
 * Element types of the cache. Where keys and values are both f16 (or f32, which the graph makes f16 of), attention on the
 * CPU has three ways to compute, depending on how many tokens a step and how many cells the cache has, that round
 * differently: an answer would depend on what else is computed beside it. With two types it has one (`steady`), token by
 * token (`ggml_compute_forward_flash_attn_ext_f16`, ggml 0.5.0).
 */
const halves = { keys: type.f16, values: type.f16, steady: false } as const
/**
 * To be tried in turn: not every model can have the first, the quickest of the steady pairs on AVX2 (`bench/attention.ts`).
 * Values in Q8_0 or bf16 are unpacked by code that knows no CPU level; keys in bf16 are quick where the CPU computes with them.
 */
const steadyCaches = [
  { keys: type.q8_0, values: type.f16, steady: true },
  // Some kinds of attention want one type for both (multi-head latent attention).
  { keys: type.q8_0, values: type.q8_0, steady: true },
  { keys: type.bf16, values: type.f16, steady: true },
  halves,
] as const

interface Context {
  readonly pointer: Pointer
  /** Of keys and values in its cache, as ggml numbers them. */
  readonly types: string
  readonly shape: {
    /** How many run at once. */
    readonly sequences: number
    /** Native sequences: see `SequenceCacheOptions`. */
    readonly numbers: number
    readonly rows: number
    readonly stepTokens: number
    readonly threads: number
  }
  /** The order of cells in the cache is all that results depend on, so it is worth keeping. */
  readonly steady: boolean
}

/** The library's own bound on sequences: those that run, branches that are kept, and two for the cache's own use. */
const mostNumbers = 256
/** Sequences for branches; each costs the memory of a row of logits. More branches are parked. */
const branches = 32
const mostSequences = mostNumbers - branches - 2

/**
 * @param onProgress called with 0 to 1 while weights are read.
 * @throws with the reason in words when the model cannot be used.
 */
export function loadModel(
  options: LoadOptions,
  onProgress: (fraction: number) => void,
): ReadyModel | ReadyEmbedder {
  const native = bind(options.libraries)
  const log = new NativeLog(native)
  const backend = chooseCpuBackend(options.libraries, options.cpuLevel)
  const cpu = native.ggml_backend_load(backend.path)
  if (cpu === null) throw new Error(log.reason(`the CPU backend ${backend.level} cannot be loaded`))
  for (const path of otherBackends(options.libraries)) native.ggml_backend_load(path)
  native.llama_backend_init()
  // Everything of the machine that is still needed is loaded: from here on the process reads its model only.
  const lockdown = restrictToModel(
    [
      ...(options.files ?? [options.path]),
      ...(options.draft?.files ?? []),
      ...(options.adapters === undefined ? [] : [options.adapters]),
      ...(options.prefixes === undefined ? [] : [options.prefixes.folder]),
      ...(options.placement?.reads ?? []),
    ],
    options.placement?.devices,
  )

  const layers = layersToPlace(native, options)
  const weights = loadWeights(native, options, layers, onProgress)
  if (weights === null) throw new Error(log.reason('the file cannot be loaded as a model'))
  const purpose = purposeOf(native, weights)
  const chatTemplate = native.llama_model_chat_template(weights, null)
  const vocabulary = new Vocabulary(native, native.llama_model_get_vocab(weights), chatTemplate)
  const parameters = Number(native.llama_model_n_params(weights))
  const description = {
    chatTemplate,
    bosText: vocabulary.spelling(vocabulary.beginning),
    eosText: vocabulary.spelling(vocabulary.end),
    controlTokens: vocabulary.controlTokens.map((control) => control.text),
    markTokens: vocabulary.markTokens.map((mark) => mark.text),
    vocabularySize: vocabulary.size,
    trainedContextTokens: native.llama_model_n_ctx_train(weights),
    vectorLength: purpose === 'embedder' ? native.llama_model_n_embd_out(weights) : null,
    description: describe(native, weights),
    build: `llama.cpp ${native.version} ${backend.level}${placed(native, options, layers)}`,
    layout: null,
    lockdown,
  }
  if (purpose !== 'generator') {
    const opened = openEmbedder(native, weights, { purpose, onGpu: usesGpu(native) }, options)
    if (opened === null) throw new Error(log.reason('there is not enough memory for its context'))
    attachThreads(native, [opened.context], cpu, options.threads)
    log.silence()
    const pairTemplate = native.llama_model_chat_template(weights, 'rerank')
    return { purpose, embedder: opened.embedder, vocabulary, parameters, pairTemplate, description }
  }
  if (options.states !== undefined) checkStates(native, weights, options.states)
  const context = createContext(native, weights, options)
  if (context === null) throw new Error(log.reason('there is not enough memory for its context'))
  const draft = options.draft === undefined ? null : loadDraft(native, weights, options.draft, options)
  const contexts = [context.pointer, ...(draft === null ? [] : [draft.context])]
  attachThreads(native, contexts, cpu, options.threads)
  log.silence()

  const model = new NativeModel(native, context.pointer, {
    ...context.shape,
    vocabularySize: vocabulary.size,
    layers: options.states?.layers ?? [],
    stateWidth: native.llama_model_n_embd(weights),
  })
  warmUp(model, Math.max(vocabulary.beginning, 0))
  return {
    purpose,
    model,
    vocabulary,
    cache: {
      cells: native.llama_n_ctx(context.pointer),
      sequences: context.shape.sequences,
      numbers: context.shape.numbers,
      ordered: context.steady,
      divisible: !keepsState(native, weights),
      savedTokens: savedTokens(native, weights),
      parkedBytes: options.parkedBytes,
    },
    steady: context.steady,
    parameters,
    draft: draft?.model ?? null,
    description: { ...description, layout: layoutOf(native, context) },
  }
}

function loadWeights(
  native: Binding,
  options: LoadOptions,
  layers: number | null,
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
      ...(layers === null ? {} : { n_gpu_layers: layers }),
      // Repacked weights (AMX has them for nearly all formats) are faster, but round one token and several differently.
      // Whoever fixes the CPU level asks for the same results everywhere.
      use_extra_bufts: isFast(native, options) && options.cpuLevel === null,
    })
  } finally {
    koffi.unregister(callback)
  }
}

/** Layers for graphics processors; null where there are none, or nothing is known of the model. */
function layersToPlace(native: Binding, { placement }: LoadOptions): number | null {
  const devices = gpuDevices(native)
  if (placement === undefined || devices.length === 0) return null
  const free = devices.map(({ freeBytes }) => freeBytes)
  return placement.layers ?? layersThatFit(placement.sizes, free)
}

/** All that the bits of an answer depend on beside build and weights; null where they depend on who runs beside it as well. */
function layoutOf(native: Binding, { pointer, shape, steady, types }: Context): string | null {
  if (!steady) return null
  const { numbers, stepTokens, threads } = shape
  return `cells ${native.llama_n_ctx(pointer)}, sequences ${numbers}, step ${stepTokens}, threads ${threads}, cache ${types}, weights as in the file`
}

function createContext(native: Binding, weights: Pointer, options: LoadOptions): Context | null {
  const sequences = Math.min(options.sequences, mostSequences)
  // A model that remembers in a state has memory for each number, and keeps no branches.
  const numbers = sequences + 2 + (keepsState(native, weights) ? 0 : branches)
  const stepTokens = Math.max(options.batchTokens, numbers)
  for (const { keys, values, steady } of isFast(native, options) ? [halves] : steadyCaches) {
    const pointer = native.llama_init_from_model(weights, {
      ...native.llama_context_default_params(),
      n_ctx: options.cacheTokens,
      n_batch: stepTokens,
      n_ubatch: stepTokens,
      n_seq_max: numbers,
      // The library wants at least one for each sequence.
      n_outputs_max: numbers,
      n_threads: options.threads,
      n_threads_batch: options.threads,
      kv_unified: true,
      type_k: keys,
      type_v: values,
    })
    if (pointer === null) continue
    const shape = { sequences, numbers, rows: numbers, stepTokens, threads: options.threads }
    const types = `${keys}/${values}`
    return { pointer, shape, types, steady: steady && !keepsState(native, weights) }
  }
  return null
}

/** One step now, so that the first request does not wait for weights to be read from disk. */
function warmUp(model: NativeModel, token: number): void {
  model.add(token, 0, 0, true)
  const result = model.run()
  model.clear()
  if (result !== 'done') throw new Error('the model cannot be computed')
}

/** Whether a text may depend on what is computed beside it. */
function isFast(native: Binding, { attention }: LoadOptions): boolean {
  return usesGpu(native) || attention === 'fast'
}

function usesGpu(native: Binding): boolean {
  return native.ggml_backend_dev_by_type(1) !== null || native.ggml_backend_dev_by_type(2) !== null
}

/** The model remembers in a state of fixed size, which cannot be cut or copied in part. */
function keepsState(native: Binding, weights: Pointer): boolean {
  return native.llama_model_is_recurrent(weights) || native.llama_model_is_hybrid(weights)
}

/** Tokens of a sequence that are saved together whole: attention with a window leaves out what lies before it. */
function savedTokens(native: Binding, weights: Pointer): number {
  const window = native.llama_model_n_swa(weights)
  return window > 1 ? Math.floor(window / 2) : Infinity
}

/** Such as `, 20 of 33 layers on Vulkan0`. */
function placed(native: Binding, { placement }: LoadOptions, layers: number | null): string {
  if (placement === undefined || layers === null) return ''
  const names = gpuDevices(native).map(({ name }) => name)
  return `, ${Math.min(layers, placement.sizes.layers.length + 1)} of ${placement.sizes.layers.length + 1} layers on ${names.join(' and ')}`
}

/** Such as `llama 135M Q4_1`. */
function describe(native: Binding, weights: Pointer): string {
  const architecture = metadataText(native, weights, 'general.architecture')
  const quantisation = native.llama_ftype_name(native.llama_model_ftype(weights)) ?? 'unknown'
  return `${architecture} ${inWords(Number(native.llama_model_n_params(weights)))} ${quantisation}`
}

function inWords(parameters: number): string {
  if (parameters < 1e6) return `${Math.ceil(parameters / 1e3)}K`
  return parameters < 1e9 ? `${Math.round(parameters / 1e6)}M` : `${(parameters / 1e9).toFixed(1)}B`
}
