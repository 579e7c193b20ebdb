/** The engine that runs models on this machine: llama.cpp in a locked process for each, behind the `Engine` interface. */
import { availableParallelism } from 'node:os'
import type { Settings } from '../config.ts'
import { systemClock, type Clock } from '../core/clock.ts'
import type { Ability, Engine, ServedModel } from '../core/engine.ts'
import { modelNotServed } from '../core/not-served.ts'
import { besideModule } from '../core/entry.ts'
import type { Part } from '../core/part.ts'
import { asElpisError, elpisError, type ElpisError } from '../errors.ts'
import { gpuAccess, type GpuKind } from './gpu-packages.ts'
import type { LayerSizes } from './layer-placement.ts'
import type { AdapterFile } from './model-adapters.ts'
import { ModelRunner } from './model-runner.ts'
import { defaultTiming, type EngineEvent, type SupervisorTiming } from './model-supervisor.ts'
import { librariesFolder } from './native-libraries.ts'
import { PartStream } from './part-stream.ts'
import type { PrefixFiles } from './prefix-files.ts'
import { Residency, type ResidencyOptions } from './residency.ts'
import type { DraftFile, LoadOptions, StateReading } from './protocol.ts'

/** A model to serve, whose file was checked already. */
export interface ModelFile extends Omit<ServedModel, 'contextTokens' | 'abilities'> {
  /** Absolute path of the GGUF file, of the first one when it is split. */
  readonly path: string
  /** Absolute paths of all files of a split model; `path` alone when left out. */
  readonly files?: readonly string[]
  /** What its metadata says that it is for; generating when left out. */
  readonly abilities?: readonly Ability[]
  /** A smaller model that drafts for it, whose files were checked as well; none when left out. */
  readonly draft?: Omit<DraftFile, 'model'>
  /** Folder in which adapters for this model lie, which must exist; left out when there can be none. */
  readonly adaptersFolder?: string
  /** What its parts take, to be placed on graphics processors. */
  readonly sizes?: LayerSizes
  /** What it takes of memory, estimated; nothing when left out. */
  readonly bytes?: number
  /** What is read of its hidden states; asked at every load, nothing when left out. */
  readonly states?: () => StateReading | 'broken' | null
  /** Loaded at start, and never unloaded to make room. */
  readonly pinned?: boolean
}

export interface EmbeddedEngineOptions {
  readonly models: readonly ModelFile[]
  readonly settings: Settings['engine']
  /** Requests that may wait per model, besides those that are being answered. */
  readonly queue: number
  /** Requests of one account that may be inside per model, waiting or not. */
  readonly queuePerKey?: number
  /** How many bytes of memory all models may take, and for how long idle ones stay; no bounds when left out. */
  readonly house?: ResidencyOptions
  /** Computes on graphics processors, with these libraries. */
  readonly gpu?: { readonly kind: GpuKind; readonly libraries: string }
  /** Declared prompts that were computed; none are kept when left out. */
  readonly prefixes?: PrefixFiles
  /** Adapters of the models; none when left out. */
  readonly adapters?: AdapterShelf
  readonly log?: (event: EngineEvent) => void
  readonly clock?: Clock
  readonly timing?: Partial<EngineTiming>
  /** What runs in the processes; for tests. */
  readonly entry?: URL
}

/** Which adapters there are; may change while the engine runs. */
export interface AdapterShelf {
  /** Those for a model, by its id. */
  of(model: string): readonly AdapterFile[]
  onChange(listener: () => void): void
}

export interface EngineTiming extends SupervisorTiming {
  /** Milliseconds that a request waits for a model that is loading or restarting. */
  readonly readyWait: number
  /** Milliseconds between two words to whoever waits for a model that is not ready. */
  readonly telling: number
}

export interface EmbeddedEngine extends Engine {
  /** Id of the process that holds `model`; undefined while there is none. */
  processId(model: string): number | undefined
}

/** Starts to load the models that fit into memory together; `status()` tells how far they are. */
export function embeddedEngine(options: EmbeddedEngineOptions): EmbeddedEngine {
  const { models, settings } = options
  const residency = new Residency(options.house ?? { budget: Number.POSITIVE_INFINITY, keepAlive: null })
  const runners = new Map(models.map((model) => [model.id, runnerOf(model, options, residency)]))
  const { adapters } = options
  const setAdapters = () => {
    for (const [id, runner] of runners) runner.adapters.set(adapters?.of(id) ?? [])
  }
  setAdapters()
  adapters?.onChange(setAdapters)
  // What is pinned has its place before all others.
  for (const { id, bytes = 0, pinned = false } of models.toSorted(pinnedFirst)) {
    const runner = runners.get(id)!
    residency.add({
      id,
      get bytes() {
        return bytes + runner.adapters.files.reduce((sum, file) => sum + file.bytes, 0)
      },
      pinned,
      load: () => runner.start(),
      unload: () => runner.unload(),
    })
  }

  return {
    models: () => models.flatMap((model) => servedAs(model, runners.get(model.id)!, settings)),
    status: () => [...runners.values()].map((runner) => runner.status()),
    processId: (model) => runners.get(model)?.pid,
    generate: (request) => {
      try {
        const { runner, adapter } = runnerFor(request.model, 'generate')
        return new PartStream((stream) => void runner.answer(request, stream, adapter))
      } catch (error) {
        return refusal(asElpisError(error))
      }
    },
    embed: async (request) => await runnerFor(request.model, 'embed').runner.brief.embed(request),
    rerank: async (request) => await runnerFor(request.model, 'rerank').runner.brief.rerank(request),
    tokenize: async (request) => {
      const { runner } = runnerFor(request.model, null)
      const tokens = await runner.brief.tokenize(request)
      return { tokens, contextTokens: contextOf(settings, runner) }
    },
    close: async () => {
      residency.close()
      await Promise.all([...runners.values()].map((runner) => runner.close()))
      await options.prefixes?.close()
    },
  }

  /** @throws `model_not_served`, `model_lacks_ability` */
  function runnerFor(
    name: string,
    ability: Ability | null,
  ): { readonly runner: ModelRunner; readonly adapter: string | null } {
    const { model, adapter } = runners.has(name) ? { model: name, adapter: null } : adapterName(name)
    const runner = runners.get(model)
    if (
      runner === undefined ||
      (adapter !== null && !runner.adapters.files.some((file) => file.name === adapter))
    )
      throw modelNotServed(
        name,
        models.flatMap((served) => servedAs(served, runners.get(served.id)!, settings)).map(({ id }) => id),
      )
    const { abilities = generates } = models.find(({ id }) => id === model) ?? {}
    if (ability !== null && !abilities.includes(ability))
      throw elpisError('model_lacks_ability', { model, ability: inWords[ability] })
    return { runner, adapter }
  }
}

/** The model, and each of its adapters as one of its own: `model+adapter`. */
function servedAs(
  { id, digest, licence, createdAt, abilities = generates, nature }: ModelFile,
  runner: ModelRunner,
  settings: Settings['engine'],
): ServedModel[] {
  const { build, layout = null } = runner.loaded ?? {}
  const model = {
    id,
    digest,
    licence,
    createdAt,
    abilities,
    contextTokens: contextOf(settings, runner),
    ...(build === undefined ? {} : { build, layout }),
    ...(nature === undefined ? {} : { nature }),
    ...(runner.probed ? { probed: true as const } : {}),
  }
  const adapted = runner.adapters.files.map((file) => ({
    ...model,
    id: `${id}+${file.name}`,
    digest: file.digest,
    createdAt: file.createdAt,
    parent: id,
  }))
  return [model, ...adapted]
}

/** What stands before and behind the last `+`. */
function adapterName(name: string): { readonly model: string; readonly adapter: string | null } {
  const plus = name.lastIndexOf('+')
  return plus === -1
    ? { model: name, adapter: null }
    : { model: name.slice(0, plus), adapter: name.slice(plus + 1) }
}

function runnerOf(model: ModelFile, options: EmbeddedEngineOptions, residency: Residency): ModelRunner {
  const { settings, queue, queuePerKey = queue + settings.sequences, log = () => undefined } = options
  const timing = { readyWait: 15_000, telling: 1000, ...defaultTiming, ...options.timing }
  const libraries = options.gpu?.libraries ?? librariesFolder()
  const access = options.gpu === undefined ? null : gpuAccess(options.gpu.kind)
  const { id, path, digest, files = [path], adaptersFolder: folder, draft } = model
  const adapters = folder === undefined ? [] : [folder]
  const { prefixes } = options
  const kept = digest === null ? null : (prefixes?.folderOf(digest) ?? null)
  return new ModelRunner({
    id,
    entry: options.entry ?? besideModule(import.meta.url, 'child/engine-process'),
    reads: [
      libraries,
      ...files,
      ...(draft?.files ?? []),
      ...adapters,
      ...(kept === null ? [] : [kept]),
      ...(access?.reads ?? []),
    ],
    load: {
      ...loadOptions(path, settings, libraries),
      files,
      ...(draft === undefined ? {} : { draft: { ...draft, model: id } }),
      ...(folder === undefined ? {} : { adapters: folder }),
      ...(prefixes === undefined || kept === null
        ? {}
        : { prefixes: { folder: kept, texts: prefixes.texts, mostBytes: prefixes.mostBytes } }),
      ...(access === null || model.sizes === undefined
        ? {}
        : { placement: { ...access, sizes: model.sizes, layers: layersWanted(settings) } }),
    },
    states: model.states ?? (() => null),
    timing,
    log,
    places: queue,
    placesPerAccount: queuePerKey,
    readyWait: timing.readyWait,
    telling: timing.telling,
    clock: options.clock ?? systemClock,
    sharedPrompts: settings.shared_prompts,
    onPrefix: ({ text, file }) => {
      if (digest !== null) prefixes?.keep(digest, text, file)
    },
    house: {
      enter: (signal) => residency.enter(id, signal),
      leave: () => residency.leave(id),
      loaded: () => residency.loaded(id),
      failed: () => residency.failed(id),
    },
  })
}

/** Null: as many as fit. */
function layersWanted({ gpu_layers: layers }: Settings['engine']): number | null {
  return layers === -1 ? null : layers
}

function pinnedFirst(left: ModelFile, right: ModelFile): number {
  return Number(right.pinned ?? false) - Number(left.pinned ?? false)
}

const generates: readonly Ability[] = ['generate']
const inWords: Readonly<Record<Ability, string>> = {
  generate: 'generate text',
  embed: 'embed texts',
  rerank: 'rank documents',
}

/** What the model was trained for is known once it was loaded; until then, what was set. */
function contextOf(settings: Settings['engine'], runner: ModelRunner | undefined): number {
  const trained = runner?.loaded?.trainedContextTokens ?? 0
  return trained > 0 ? Math.min(settings.context, trained) : settings.context
}

function loadOptions(path: string, settings: Settings['engine'], libraries: string): LoadOptions {
  return {
    path,
    cacheTokens: settings.cache === 0 ? 4 * settings.context : settings.cache,
    contextTokens: settings.context,
    sequences: settings.sequences,
    threads: settings.threads === 0 ? availableParallelism() : settings.threads,
    batchTokens: settings.batch,
    libraries,
    cpuLevel: settings.cpu_level === '' ? null : settings.cpu_level,
    attention: settings.attention,
    drafts: settings.drafts,
    parkedBytes: settings.prefix_memory * 1024 * 1024,
  }
}

function refusal(error: ElpisError): AsyncGenerator<Part> {
  return new PartStream((stream) => {
    stream.push({ type: 'error', error })
    stream.end()
  })
}
