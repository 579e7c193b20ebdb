import { randomInt } from 'node:crypto'
import { newRequestId } from '../api/exchange.ts'
import type { Config } from '../config.ts'
import { ownerHere } from '../core/principal.ts'
import { plainRequest, plainSampling } from '../core/request.ts'
import type { Log } from '../log.ts'
import { noRecord, openGuard, openStanding } from '../pipeline/open-stages.ts'
import { answer } from '../pipeline/pipeline.ts'
import type { AccessStage, Stages } from '../pipeline/stages.ts'
import { openEngine } from '../server/open-engine.ts'
import { draftOf, prepareModel, type Preparing } from '../server/prepare-model.ts'
import { untilReady } from '../server/until-ready.ts'
import { openStore } from '../weights/store.ts'
import { ownLicences } from './own-licences.ts'
import { talkTemperature, type Talk } from './talk.ts'

/** Whoever may run this command on this machine owns it. */
const ownerOnly: AccessStage = {
  admit: async () => ({
    principal: ownerHere('ses_terminal', 'owner'),
    revoked: new AbortController().signal,
    settle: () => {},
    release: () => {},
  }),
}

interface TalkHereParts extends Pick<Preparing, 'signal' | 'onPull' | 'acceptLicence'> {
  readonly config: Config
  readonly log: Log
}

/** Loads a model in processes of this command and talks to it through the same pipeline as the server's doors. */
export async function talkHere(reference: string, parts: TalkHereParts): Promise<Talk> {
  const { config, log, signal } = parts
  const store = openStore(config.modelsFolder)
  const prepare = (name: string) =>
    prepareModel(name, { ...parts, store, ...ownLicences(config, name, parts.acceptLicence) })
  const own = await prepare(reference)
  const model = own.manifest.name
  const drafting = draftOf(model, config.models.draft)
  const prepared = drafting === null ? own : { ...own, draft: await prepare(drafting) }
  // One person types: the cache of several answers at a time would be wasted.
  const alone: Config = {
    ...config,
    upstreams: {},
    models: {
      ...config.models,
      pin: [],
      draft: drafting === null ? [] : [`${model}=${drafting}`],
      keep_alive: 0,
    },
    engine: { ...config.engine, sequences: 1, cache: config.engine.context },
  }
  const engine = openEngine([prepared], alone, log)
  try {
    await untilReady(engine, signal)
  } catch (error) {
    await engine.close()
    throw error
  }
  const stages: Stages = {
    access: ownerOnly,
    standing: openStanding,
    guard: openGuard,
    record: noRecord,
    engine,
    answerSeconds: config.limits.answer_seconds,
    shutdown: signal,
  }
  return {
    model,
    place: 'loaded here',
    unseen: 0,
    answer: (messages, settings, stop) =>
      answer(
        {
          ...plainRequest,
          id: newRequestId(),
          model,
          input: { kind: 'chat', messages },
          sampling: {
            ...plainSampling,
            temperature: settings.temperature ?? talkTemperature,
            seed: settings.seed ?? randomInt(4_294_967_296),
          },
          choices: 1,
          maxTokens: settings.maxTokens ?? null,
          stop: [],
          ignoreEos: false,
          topLogprobs: null,
          signal: stop,
        },
        { bearer: null, cookie: null },
        stages,
      ),
    [Symbol.asyncDispose]: () => engine.close(),
  }
}
