/** Several engines as one: whoever serves the model that is asked for answers. */
import type { Engine } from '../core/engine.ts'
import { modelNotServed } from '../core/not-served.ts'
import { asElpisError } from '../errors.ts'
import { PartStream } from './part-stream.ts'
import type { UpstreamEngine } from './upstream/upstream-engine.ts'

/**
 * A name that two of them serve is the first one's.
 *
 * @param own the engine of this machine; null when it runs no models
 */
export function severalEngines(own: Engine | null, upstreams: readonly UpstreamEngine[]): Engine {
  const all: readonly Engine[] = own === null ? upstreams : [own, ...upstreams]

  /** @throws `model_not_served` */
  function engineOf(model: string): Engine {
    const isOwn = own?.models().some(({ id }) => id === model) ?? false
    const found = isOwn ? own : (upstreams.find((upstream) => upstream.serves(model)) ?? own)
    if (found !== null) return found
    const names = models().map(({ id }) => id)
    // An upstream that has not told its models yet may well have this one.
    const silent = upstreams.find((upstream) => upstream.models().length === 0)
    if (silent !== undefined) return silent
    throw modelNotServed(model, names)
  }

  function models() {
    const [only] = all
    if (all.length === 1 && only !== undefined) return only.models()
    const seen = new Set<string>()
    return all.flatMap((engine) => engine.models()).filter(({ id }) => !seen.has(id) && seen.add(id))
  }

  return {
    models,
    status: () => all.flatMap((engine) => engine.status()),
    generate: (request) => {
      try {
        return engineOf(request.model).generate(request)
      } catch (error) {
        return new PartStream((stream) => {
          stream.push({ type: 'error', error: asElpisError(error) })
          stream.end()
        })
      }
    },
    embed: async (request) => await engineOf(request.model).embed(request),
    rerank: async (request) => await engineOf(request.model).rerank(request),
    tokenize: async (request) => await engineOf(request.model).tokenize(request),
    close: async () => {
      await Promise.all(all.map((engine) => engine.close()))
    },
  }
}
