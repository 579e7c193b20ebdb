/** The engine that runs models on this machine: llama.cpp in a locked process for each, behind the `Engine` interface. */
import { availableParallelism } from 'node:os'
import type { Settings } from '../config.ts'
import { systemClock, type Clock } from '../core/clock.ts'
import type { Engine, ServedModel } from '../core/engine.ts'
import { besideModule } from '../core/entry.ts'
import type { Part } from '../core/part.ts'
import { elpisError, type ElpisError } from '../errors.ts'
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
}

export interface EmbeddedEngineOptions {
  readonly models: readonly ModelFile[]
  readonly settings: Settings['engine']
  /** Requests that may wait per model, besides those that are being answered. */
  readonly queue: number
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
  const { models, settings, queue, log = () => undefined, clock = systemClock } = options
  const timing = { readyWait: 15_000, ...defaultTiming, ...options.timing }
  const entry = options.entry ?? besideModule(import.meta.url, 'child/engine-process')
  const libraries = librariesFolder()
  const runners = new Map(
    models.map((model) => {
      const files = model.files ?? [model.path]
      const load = { ...loadOptions(model.path, settings, libraries), files }
      const reads = [libraries, ...files]
      const { readyWait } = timing
      const common = { id: model.id, entry, reads, load, timing, log }
      return [model.id, new ModelRunner({ ...common, places: queue, readyWait, clock })]
    }),
  )
  for (const runner of runners.values()) runner.start()

  return {
    models: () =>
      models.map(({ id, digest, licence, createdAt }) => ({
        id,
        digest,
        contextTokens: contextOf(settings, runners.get(id)),
        licence,
        createdAt,
        abilities: ['generate'],
      })),
    status: () => [...runners.values()].map((runner) => runner.status()),
    processId: (model) => runners.get(model)?.pid,
    generate: (request) => {
      const runner = runners.get(request.model)
      if (runner === undefined) return refusal(elpisError('model_not_served', { model: request.model }))
      return new PartStream((stream) => void runner.answer(request, stream))
    },
    embed: async ({ model }) => {
      throw elpisError('model_lacks_ability', { model, ability: 'embed texts' })
    },
    rerank: async ({ model }) => {
      throw elpisError('model_lacks_ability', { model, ability: 'rank documents' })
    },
    tokenize: async ({ model }) => {
      throw elpisError('model_lacks_ability', { model, ability: 'count tokens' })
    },
    close: async () => {
      await Promise.all([...runners.values()].map((runner) => runner.close()))
    },
  }
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
  }
}

function refusal(error: ElpisError): AsyncGenerator<Part> {
  return new PartStream((stream) => {
    stream.push({ type: 'error', error })
    stream.end()
  })
}
