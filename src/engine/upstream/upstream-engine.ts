/** Another server that speaks OpenAI's protocol, or several replicas of it, as an engine. */
import type { Ability, Engine, ModelState, ServedModel } from '../../core/engine.ts'
import { systemClock, type Clock } from '../../core/clock.ts'
import { modelNotServed } from '../../core/not-served.ts'
import type { Part } from '../../core/part.ts'
import type { EngineRequest } from '../../core/request.ts'
import { asElpisError, elpisError, type ElpisError } from '../../errors.ts'
import { PartStream } from '../part-stream.ts'
import { Accounts } from './accounts.ts'
import { BriefCalls } from './brief-calls.ts'
import { Catalogue, type CatalogueOptions } from './catalogue.ts'
import type { Kind } from './dialect.ts'
import { unavailable } from './failures.ts'
import { Health } from './health.ts'
import { Leaving } from './leaving.ts'
import { Replica } from './replica.ts'
import { ReplicaSet } from './replica-set.ts'
import { Sender } from './sender.ts'

export type UpstreamEvent =
  | { readonly type: 'upstream-well'; readonly upstream: string; readonly url: string }
  | {
      readonly type: 'upstream-ill'
      readonly upstream: string
      readonly url: string
      readonly reason: string
    }
  | { readonly type: 'upstream-usage-unbelievable'; readonly upstream: string; readonly model: string }

export interface UpstreamOptions extends Omit<CatalogueOptions, 'now'> {
  /** What the operator calls it. */
  readonly name: string
  readonly urls: readonly string[]
  readonly key: string | null
  readonly kind: Kind | 'auto'
  /** Most requests at the same time, per replica. */
  readonly atOnce: number
  /** Most requests of one account at the same time. */
  readonly perAccount: number
  readonly connectMilliseconds: number
  readonly firstByteMilliseconds: number
  readonly idleMilliseconds: number
  readonly healthMilliseconds: number
  readonly log?: (event: UpstreamEvent) => void
  readonly clock?: Clock
  readonly random?: () => number
}

export interface UpstreamEngine extends Engine {
  serves(model: string): boolean
}

/** Begins to look at the health of every replica at once; `status()` tells what came of it. */
export function upstreamEngine(options: UpstreamOptions): UpstreamEngine {
  const { name, key, log = () => {}, clock = systemClock, random = Math.random } = options
  const timing = { ...options, now: () => clock.now(), random }
  const replicas = options.urls.map((url) => new Replica({ ...timing, url }))
  const catalogue = new Catalogue({ ...options, now: () => clock.now() })
  const accounts = new Accounts(options.perAccount)
  const closing = new AbortController()
  const health = new Health({
    name,
    replicas,
    key,
    random,
    milliseconds: options.healthMilliseconds,
    onModels: (models) => catalogue.learn(models),
    onChange: ({ url }, reason) =>
      log(
        reason === null
          ? { type: 'upstream-well', upstream: name, url }
          : { type: 'upstream-ill', upstream: name, url, reason },
      ),
  })
  const sender = new Sender({
    key,
    replicas: new ReplicaSet(replicas),
    dialect: () => catalogue.dialect(options.kind),
    reason: () => health.reason ?? 'it fails too often',
    onLie: (model) => log({ type: 'upstream-usage-unbelievable', upstream: name, model }),
  })
  const brief = new BriefCalls(sender)
  health.start()

  return {
    serves: (model) => catalogue.find(model) !== null,
    models: () => catalogue.models(),
    status: () => {
      const state = stateOf(replicas, health)
      const models = catalogue.models().map(({ id }) => id)
      // Until it has told its models there is no name to say this of.
      return (models.length === 0 ? [`${name}/*`] : models).map((model) => {
        return { model, state, active: sender.active(model), queued: 0 }
      })
    },
    generate: (request) =>
      new PartStream((stream) => {
        void answer(request, stream)
      }),
    embed: (request) =>
      inside(request, 'embed', (theirs, signal) => brief.embed({ ...request, signal }, theirs)),
    rerank: (request) =>
      inside(request, 'rerank', (theirs, signal) => brief.rerank({ ...request, signal }, theirs)),
    tokenize: (request) =>
      inside(request, null, (theirs, signal, model) =>
        brief.tokenize({ ...request, signal }, theirs, model.contextTokens),
      ),
    close: async () => {
      closing.abort(elpisError('shutting_down'))
      health.close()
      await Promise.all(replicas.map((replica) => replica.close()))
    },
  }

  async function answer(request: EngineRequest, stream: PartStream): Promise<void> {
    using leaving = new Leaving(request.signal, stream.returned, closing.signal)
    const { signal } = leaving
    try {
      const { theirs } = admitted(request.model, 'generate')
      if (request.deadline !== null && request.deadline < clock.now()) throw elpisError('deadline_passed')
      using _place = accounts.enter(request.share.account)
      const ended = await sender.generate({ ...request, signal }, theirs, (part) => stream.push(part))
      if (ended === 'cancelled') for (const part of cancelled(request, closing.signal)) stream.push(part)
    } catch (error) {
      stream.push({ type: 'error', error: asElpisError(error) })
    } finally {
      stream.end()
    }
  }

  async function inside<Result>(
    request: { readonly model: string; readonly signal: AbortSignal; readonly share: EngineRequest['share'] },
    ability: Ability | null,
    work: (theirs: string, signal: AbortSignal, model: ServedModel) => Promise<Result>,
  ): Promise<Result> {
    const { theirs, model } = admitted(request.model, ability)
    using _place = accounts.enter(request.share.account)
    using leaving = new Leaving(request.signal, closing.signal)
    return await work(theirs, leaving.signal, model)
  }

  /** @throws `model_not_served`, `model_lacks_ability`, `shutting_down`, `upstream_unavailable` */
  function admitted(id: string, ability: Ability | null) {
    if (closing.signal.aborted) throw elpisError('shutting_down')
    const found = catalogue.find(id)
    if (found === null) {
      if (catalogue.models().length === 0) throw unavailable(id, health.reason ?? 'it was not asked yet')
      throw modelNotServed(
        id,
        catalogue.models().map((model) => model.id),
      )
    }
    if (ability !== null && !found.model.abilities.includes(ability))
      throw elpisError('model_lacks_ability', { model: id, ability: inWords[ability] })
    return found
  }
}

const inWords: Readonly<Record<Ability, string>> = {
  generate: 'generate text',
  embed: 'embed texts',
  rerank: 'rank documents',
}

function stateOf(replicas: readonly Replica[], health: Health): ModelState {
  if (replicas.some(({ healthy, breaker }) => healthy === true && !breaker.open)) return { state: 'ready' }
  if (replicas.some(({ healthy }) => healthy === null)) return { state: 'loading', fraction: 0 }
  return { state: 'restarting', reason: health.reason ?? 'it fails too often' }
}

function* cancelled({ choices }: EngineRequest, closing: AbortSignal): Generator<Part> {
  if (closing.aborted) {
    yield { type: 'error', error: closing.reason as ElpisError }
    return
  }
  for (let choice = 0; choice < choices; choice++) yield { type: 'finish', choice, reason: 'cancelled' }
  yield {
    type: 'usage',
    usage: { promptTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, estimated: true },
  }
}
