import type { Engine, ModelStatus } from '../core/engine.ts'
import { elpisError } from '../errors.ts'

/** Stands for an engine while its weights are being fetched; afterwards everything goes straight through. */
export interface EngineToCome extends Engine {
  /** How much of a model's weights is here, 0 to 1. */
  progress(model: string, fraction: number): void
  /** From now on this engine answers. */
  arrive(engine: Engine): void
}

const retrySeconds = 5

export function engineToCome(models: readonly string[]): EngineToCome {
  const fractions = new Map(models.map((model) => [model, 0]))
  let engine: Engine | null = null

  function waiting(model: string): ModelStatus {
    const fraction = fractions.get(model) ?? 0
    return { model, state: { state: 'loading', fraction }, active: 0, queued: 0 }
  }

  return {
    models: () => engine?.models() ?? [],
    status: () => engine?.status() ?? models.map(waiting),
    async *generate(request) {
      if (engine !== null) {
        yield* engine.generate(request)
        return
      }
      const fraction = fractions.get(request.model)
      if (fraction === undefined) {
        yield { type: 'error', error: elpisError('model_not_served', { model: request.model.slice(0, 200) }) }
        return
      }
      const state = `still being fetched (${Math.floor(fraction * 100)} %)`
      const error = elpisError('model_not_ready', { model: request.model, state })
      error.retryAfter = retrySeconds
      yield { type: 'error', error }
    },
    close: async () => await engine?.close(),
    progress: (model, fraction) => void fractions.set(model, fraction),
    arrive: (arrived) => void (engine = arrived),
  }
}
