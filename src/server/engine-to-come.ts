import type { Engine, ModelStatus } from '../core/engine.ts'
import { modelNotServed } from '../core/not-served.ts'
import type { Part } from '../core/part.ts'
import { elpisError, type ElpisError } from '../errors.ts'

/** Stands for an engine while its weights are being fetched; afterwards everything goes straight through. */
export interface EngineToCome extends Engine {
  /** How much of a model's weights is here, 0 to 1. */
  progress(model: string, fraction: number): void
  /** From now on this engine answers. */
  arrive(engine: Engine): void
}

const retrySeconds = 5

/**
 * An engine for models that are still being fetched: until the real one is there, requests get `model_not_ready` with
 * how far it is (503, `Retry-After` 5 s).
 */
export function engineToCome(models: readonly string[]): EngineToCome {
  const fractions = new Map(models.map((model) => [model, 0]))
  let engine: Engine | null = null

  function waiting(model: string): ModelStatus {
    const fraction = fractions.get(model) ?? 0
    return { model, state: { state: 'loading', fraction }, active: 0, queued: 0 }
  }

  function notYet(model: string): ElpisError {
    const adapter = model.lastIndexOf('+')
    const fraction = fractions.get(adapter === -1 ? model : model.slice(0, adapter)) ?? fractions.get(model)
    if (fraction === undefined) return modelNotServed(model, models)
    const state = `still being fetched (${Math.floor(fraction * 100)} %)`
    const error = elpisError('model_not_ready', { model, state })
    error.retryAfter = retrySeconds
    return error
  }

  async function* refused(model: string): AsyncGenerator<Part> {
    yield { type: 'error', error: notYet(model) }
  }

  function arrivedFor({ model }: { readonly model: string }): Engine {
    if (engine === null) throw notYet(model)
    return engine
  }

  return {
    models: () => engine?.models() ?? [],
    status: () => engine?.status() ?? models.map(waiting),
    // Not a generator around the engine's: every part of every answer would pass through one more.
    generate: (request) => engine?.generate(request) ?? refused(request.model),
    embed: async (request) => await arrivedFor(request).embed(request),
    rerank: async (request) => await arrivedFor(request).rerank(request),
    tokenize: async (request) => await arrivedFor(request).tokenize(request),
    close: async () => await engine?.close(),
    progress: (model, fraction) => void fractions.set(model, fraction),
    arrive: (arrived) => void (engine = arrived),
  }
}
