/** The guard of a server: policies from its home, the layers that ship with it, a guard model where one is named. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '../config.ts'
import { noActs, type Acts } from '../core/acts.ts'
import { systemClock } from '../core/clock.ts'
import type { Engine } from '../core/engine.ts'
import type { Signal } from '../core/verdict.ts'
import { asElpisError } from '../errors.ts'
import { Cascade, type Layers } from '../guard/cascade/cascade.ts'
import { DeploymentSecret } from '../guard/defence/deployment-secret.ts'
import { keyedScorer } from '../guard/defence/keyed-scorer.ts'
import type { RecordedGuard } from '../audit/answer-record.ts'
import { Judge } from '../guard/judge/judge.ts'
import { guardMakeup } from '../guard/models/makeup.ts'
import { openPolicyShelf, type PolicyShelf } from '../guard/policy/shelf.ts'
import { engineScorer } from '../guard/plugins/engine-scorer.ts'
import { guardModels } from '../guard/plugins/guard-models.ts'
import { reasonOf, Troubles } from '../guard/troubles.ts'
import { defaultModerationModel, openAiModeration } from '../guard/plugins/openai-moderation.ts'
import type { Scorer } from '../guard/scores.ts'
import { Screen } from '../guard/screen/screen.ts'
import { screenOfAnswers } from '../guard/screen/screen-of-answers.ts'
import { createGuard, type Guard } from '../guard/stage/guard-stage.ts'
import { createModeration, type Moderation } from '../guard/stage/moderate.ts'
import { ModerationStage } from '../guard/stage/moderate-stage.ts'
import { VerdictKeeper } from '../guard/verdicts/keeper.ts'
import { guardOverview, type GuardOverview } from '../guard/verdicts/overview.ts'
import type { VerdictStore } from '../guard/verdicts/store.ts'
import type { Log } from '../log.ts'
import { recordPolicy } from './recorded-acts.ts'

export interface OpenGuard extends Guard, Pick<ModerationStage, 'moderate'> {
  /** What judges, for the records of answers; null where that was not looked into. */
  readonly makeup: RecordedGuard | null
  readonly shelf: PolicyShelf
  readonly moderation: Moderation
  readonly overview: GuardOverview
  /** What could not judge of late. */
  readonly troubles: () => ReturnType<Troubles['lately']>
  close(): Promise<void>
}

export interface GuardWiring {
  readonly log: Log
  /** Where a policy is recorded before it holds; nowhere when left out. */
  readonly acts?: Acts
  readonly onSignal: (signal: Signal) => void
  /** Told of every time that a layer could not judge. */
  readonly onUnavailable?: (layer: string) => void
  /** Where verdicts are kept for dry runs; null keeps none. */
  readonly verdicts: VerdictStore | null
  /** What serves the guard model, where one is named; null for none. */
  readonly engine: Pick<Engine, 'generate' | 'models'> | null
}

/** Where an operator's own policies lie. */
export function policyFolder({ home, guard }: Pick<Config, 'home' | 'guard'>): string {
  return guard.policies === '' ? join(home, 'policies') : resolve(guard.policies)
}

/** @throws `policy_invalid`, `policy_unknown`: nothing starts under a policy that cannot be read */
export async function openGuard(
  config: Pick<Config, 'home' | 'guard' | 'limits'>,
  { log, acts = noActs, onSignal, onUnavailable = () => {}, verdicts, engine }: GuardWiring,
): Promise<OpenGuard> {
  const { guard } = config
  const patience = guard.patience_seconds * 1000
  const troubles = new Troubles({
    clock: systemClock,
    onCount: onUnavailable,
    onTold: ({ layer, reason, times }) => log('error', 'guard unavailable', { layer, reason, times }),
  })
  const trouble = (layer: string, error: unknown) => troubles.note(layer, error)
  const secret = existsSync(config.home) ? DeploymentSecret.ofHome(config.home) : DeploymentSecret.ofNobody()
  const shelf = openPolicyShelf(policyFolder(config), guard, {
    secret,
    async onChange(policy) {
      await recordPolicy(acts, policy, 'reload')
      log('info', 'policy changed', { policy: policy.version })
    },
    onTrouble: (error) => log('error', 'policy not read', { reason: asElpisError(error).message }),
  })
  const judge = new Judge({ threads: guard.threads, patience })
  // Beside all else: the first question shall not wait for it.
  if (engine !== null) judge.start().catch((error: unknown) => trouble('judge', error))
  const layers: Layers = {
    screen: orNone('screen', () => screenOfAnswers(new Screen())),
    judge: keyedScorer(judge, secret),
    guardModel: orNone('guard model', () => guardModel()),
  }
  const cascade = new Cascade(layers, patience)
  const keeper =
    verdicts === null
      ? null
      : new VerdictKeeper(verdicts, (error) => log('error', 'verdicts not kept', { reason: reasonOf(error) }))
  const made = createGuard({
    shelf,
    cascade,
    clock: systemClock,
    onSignal,
    onVerdict: (record) => keeper?.keep(record),
    onTrouble: trouble,
    probed: (model) => engine?.models().some(({ id, probed }) => id === model && probed === true) ?? false,
    goal: windowGoals(),
  })
  const moderation = createModeration(shelf, cascade)
  const moderating = new ModerationStage({
    moderation,
    clock: systemClock,
    perAccount: config.limits.queue_per_key,
    onSignal,
    onTrouble: trouble,
  })
  const makeup = engine === null ? null : await guardMakeup().catch(() => null)
  return {
    makeup: makeup && { ...makeup, model: guard.model === '' ? null : guard.model },
    get policy() {
      return made.policy
    },
    judgeInput: (judged) => made.judgeInput(judged),
    release: (drafted, question, judged) => made.release(drafted, question, judged),
    shelf,
    moderate: (items, judged) => moderating.moderate(items, judged),
    moderation,
    troubles: () => troubles.lately(),
    overview: guardOverview(shelf, verdicts, () => systemClock.now()),
    async close() {
      shelf.close()
      await keeper?.flush(systemClock.now())
      await judge.close()
    },
  }

  /** A layer whose weights are missing is none: whether that blocks is the policy's to say. */
  function orNone(layer: string, open: () => Scorer | null): Scorer | null {
    try {
      return open()
    } catch (error) {
      trouble(layer, error)
      return null
    }
  }

  function guardModel(): Scorer | null {
    const { model: name, served, address, key_env: variable } = guard
    if (name === '') return null
    if (name === 'openai-moderation') {
      const key = variable === '' ? '' : (process.env[variable] ?? '')
      return openAiModeration(
        (body) => post(`${address.replace(/\/$/, '')}/moderations`, key, body, patience),
        served || defaultModerationModel,
      )
    }
    const found = guardModels.find((it) => it.name === name)
    if (found === undefined || engine === null) throw new Error(`There is no guard model "${name}".`)
    return engineScorer(found, { engine, model: served, patience })
  }
}

async function post(url: string, key: string, body: object, patience: number): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patience),
    redirect: 'error',
  })
  if (!response.ok) throw new Error(`it answered with ${response.status}`)
  return await response.json()
}

/** Between 4 and 8 tokens: nobody who has the same weights knows where a window ends. */
function windowGoals(): () => number {
  return () => 4 + Math.floor(Math.random() * 5)
}
