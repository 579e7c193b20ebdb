/** The engine that runs models on this machine: llama.cpp in a locked process for each, behind the `Engine` interface. */
import { availableParallelism } from 'node:os'
import type { Settings } from '../config.ts'
import { systemClock, type Clock } from '../core/clock.ts'
import type { Ability, Engine, ServedModel } from '../core/engine.ts'
import { modelNotServed } from '../core/not-served.ts'
import { besideModule } from '../core/entry.ts'
import type { Part } from '../core/part.ts'
import { asElpisError, elpisError, type ElpisError } from '../errors.ts'
import { ModelRunner } from './model-runner.ts'
import { defaultTiming, type EngineEvent, type SupervisorTiming } from './model-supervisor.ts'
import { librariesFolder } from './native-libraries.ts'
import { PartStream } from './part-stream.ts'
import type { LoadOptions } from './protocol.ts'

/** A model to serve, whose file was checked already. */
export interface ModelFile extends Omit<ServedModel, 'contextTokens' | 'abilities'> {
  /** Absolute path of the GGUF file, of the first one when it is split. */
  readonly path: string
  /** Absolute paths of all files of a split model; `path` alone when left out. */
  readonly files?: readonly string[]
  /** What its metadata says that it is for; generating when left out. */
  readonly abilities?: readonly Ability[]
}

export interface EmbeddedEngineOptions {
  readonly models: readonly ModelFile[]
  readonly settings: Settings['engine']
  /** Requests that may wait per model, besides those that are being answered. */
  readonly queue: number
  /** Requests of one account that may be inside per model, waiting or not. */
  readonly queuePerKey?: number
  readonly log?: (event: EngineEvent) => void
  readonly clock?: Clock
  readonly timing?: Partial<EngineTiming>
  /** What runs in the processes; for tests. */
  readonly entry?: URL
}

export interface EngineTiming extends SupervisorTiming {
  /** Milliseconds that a request waits for a model that is loading or restarting. */
  readonly readyWait: number
}

export interface EmbeddedEngine extends Engine {
  /** Id of the process that holds `model`; undefined while there is none. */
  processId(model: string): number | undefined
}

/** Starts to load every model at once; `status()` tells how far they are. */
export function embeddedEngine(options: EmbeddedEngineOptions): EmbeddedEngine {
  const {
    models,
    settings,
    queue,
    queuePerKey = queue + settings.sequences,
    log = () => undefined,
    clock = systemClock,
  } = options
  const timing = { readyWait: 15_000, ...defaultTiming, ...options.timing }
  const entry = options.entry ?? besideModule(import.meta.url, 'child/engine-process')
  const libraries = librariesFolder()
  const runners = new Map(
    models.map((model) => {
      const files = model.files ?? [model.path]
      const load = { ...loadOptions(model.path, settings, libraries), files }
      const reads = [libraries, ...files]
      const { readyWait } = timing
      const sharedPrompts = settings.shared_prompts
      const common = { id: model.id, entry, reads, load, timing, log, sharedPrompts }
      return [
        model.id,
        new ModelRunner({
          ...common,
          places: queue,
          placesPerAccount: queuePerKey,
          readyWait,
          clock,
        }),
      ]
    }),
  )
  for (const runner of runners.values()) runner.start()

  return {
    models: () =>
      models.map(({ id, digest, licence, createdAt, abilities = generates }) => ({
        id,
        digest,
        contextTokens: contextOf(settings, runners.get(id)),
        licence,
        createdAt,
        abilities,
      })),
    status: () => [...runners.values()].map((runner) => runner.status()),
    processId: (model) => runners.get(model)?.pid,
    generate: (request) => {
      try {
        const runner = runnerFor(request.model, 'generate')
        return new PartStream((stream) => void runner.answer(request, stream))
      } catch (error) {
        return refusal(asElpisError(error))
      }
    },
    embed: async (request) => await runnerFor(request.model, 'embed').brief.embed(request),
    rerank: async (request) => await runnerFor(request.model, 'rerank').brief.rerank(request),
    tokenize: async (request) => {
      const runner = runnerFor(request.model, null)
      const tokens = await runner.brief.tokenize(request)
      return { tokens, contextTokens: contextOf(settings, runner) }
    },
    close: async () => {
      await Promise.all([...runners.values()].map((runner) => runner.close()))
    },
  }

  /** @throws `model_not_served`, `model_lacks_ability` */
  function runnerFor(model: string, ability: Ability | null): ModelRunner {
    const runner = runners.get(model)
    if (runner === undefined) throw modelNotServed(model, [...runners.keys()])
    const { abilities = generates } = models.find(({ id }) => id === model) ?? {}
    if (ability !== null && !abilities.includes(ability))
      throw elpisError('model_lacks_ability', { model, ability: inWords[ability] })
    return runner
  }
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
