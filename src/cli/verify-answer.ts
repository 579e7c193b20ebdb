/** `elpis verify answer`: what a stranger can find out about an answer, without its server. */
import { readFile } from 'node:fs/promises'
import type { AnswerRecord } from '../audit/answer-record.ts'
import type { VerifierKey } from '../audit/note.ts'
import { verifyAnswer, type AnswerReport } from '../audit/verify-answer.ts'
import type { Config } from '../config.ts'
import { elpisError } from '../errors.ts'
import { openAdapterShelf } from '../server/adapter-shelf.ts'
import { openGuardAgain } from '../server/guard-again.ts'
import { judgeAgain, type Rejudged } from '../server/judge-again.ts'
import { openEngine } from '../server/open-engine.ts'
import { prepareModel } from '../server/prepare-model.ts'
import { replayAnswer, whyNotReplayed, type Replay } from '../server/replay-answer.ts'
import { untilReady } from '../server/until-ready.ts'
import { openAdapterStore } from '../weights/adapter-store.ts'
import { openStore } from '../weights/store.ts'

export interface AnswerCheck {
  readonly ok: boolean
  readonly entry: string
  readonly log: string
  readonly checked: readonly string[]
  readonly not_checked: readonly string[]
  readonly problems: readonly string[]
  readonly replay: Replay | null
}

interface Checking {
  readonly config: Config
  readonly key: VerifierKey | null
  /** Its name here; null looks for weights of the recorded digest. */
  readonly model: string | null
  readonly signal: AbortSignal
}

const quiet = () => {}

/** @throws `answer_file_unreadable`, `model_not_pulled`, what loading a model fails with */
export async function checkAnswer(path: string, checking: Checking): Promise<AnswerCheck> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw elpisError('answer_file_unreadable', { file: path, reason: (error as Error).message })
  })
  const report = verifyAnswer(text, checking.key)
  if (typeof report === 'string') throw elpisError('answer_file_unreadable', { file: path, reason: report })
  const { record, entry, log } = report
  const checked = ['the receipt, and whether prompt, settings, output and record open its commitments']
  const open: string[] = []
  const problems = [...report.problems]
  if (checking.key === null) open.push("the log's key: it was taken from the file itself (--key KEY)")
  open.push('what was asked before, which the guard reads together with the question')

  const judged = await guardAgain(report, checking)
  problems.push(...judged.problems)
  checked.push(...judged.checked)
  open.push(...judged.notCompared)

  const obstacle = whyNotReplayed(record)
  const changedByGuard = ['redact', 'block'].includes(entry?.output_verdict?.action ?? '')
  const replay = obstacle === null ? await replayHere(record, changedByGuard, checking) : null
  if (obstacle !== null) open.push(`weights, template, sampler and seed: ${obstacle}`)
  else if (typeof replay === 'string') problems.push(replay)
  else if (replay !== null) {
    problems.push(...replay.problems)
    checked.push(`each token against weights, template, prompt, sampler and seed, on ${replay.build}`)
    checked.push(
      replay.exact
        ? 'exactly, on the build and cache layout that made it'
        : 'with an allowance for rounding, as the build or the cache layout is another one',
    )
    if (replay.choices.some(({ different }) => different > 0)) {
      open.push(
        `what rounding hides, such as one word of the system prompt: it was made on ${record.build}, and some tokens differ`,
      )
      if (replay.choices.some(({ short }) => short))
        open.push('the quantisation, as there are under 300 tokens')
    }
  }
  return {
    ok: problems.length === 0,
    entry: record.entry,
    log,
    checked,
    not_checked: open,
    problems,
    replay: typeof replay === 'string' ? null : replay,
  }
}

async function guardAgain({ record, entry }: AnswerReport, { config, signal }: Checking): Promise<Rejudged> {
  if (entry === null) {
    return {
      checked: [],
      problems: [],
      notCompared: ["the guard's verdicts: there is no entry to compare with"],
    }
  }
  const guard = await openGuardAgain(config)
  try {
    return await judgeAgain(record, entry, guard, signal)
  } finally {
    await guard.close()
  }
}

/** @returns what is wrong when the weights or the adapter are other ones */
async function replayHere(
  record: AnswerRecord,
  changedByGuard: boolean,
  { config, model, signal }: Checking,
): Promise<Replay | string> {
  const store = openStore(config.modelsFolder)
  const here = (await store.list()).models.find(({ digest }) => digest === record.weights)
  const name = model ?? here?.name ?? record.model
  const { digest } = await store.find(name)
  if (digest !== record.weights) {
    return `${name} is not what answered: its weights have the digest ${digest}, the record says ${record.weights}`
  }
  const damaged = (await store.verify(name, { signal })).find(({ actual, expected }) => actual !== expected)
  if (damaged !== undefined) return `${name}: ${damaged.name} is damaged: run elpis verify ${name}`
  const accept = { acceptLicence: async () => false, onPull: quiet }
  const prepared = await prepareModel(name, { ...accept, store, signal })
  const adapters = await openAdapterShelf([prepared], openAdapterStore(store.folder), quiet)
  const engine = await engineFor(record, (settings) => openEngine([prepared], settings, quiet, adapters), {
    config,
    signal,
  })
  try {
    const served = engine
      .models()
      .find(({ id, parent, digest: own }) =>
        record.adapter === null ? id === name : parent === name && own === record.adapter,
      )
    if (served === undefined) return `the adapter ${record.adapter} of the record is not here`
    return await replayAnswer(record, { engine, model: served.id, changedByGuard, signal })
  } finally {
    await engine.close()
  }
}

/** On the CPU level of the record, where this machine has it: the same build computes the same bits. */
async function engineFor(
  { build, layout = null }: AnswerRecord,
  open: (config: Config) => ReturnType<typeof openEngine>,
  { config, signal }: Pick<Checking, 'config' | 'signal'>,
) {
  const alone: Config = {
    ...config,
    upstreams: {},
    models: { ...config.models, pin: [], draft: [], keep_alive: 0 },
    // With fast attention nobody computes the same bits again, so what has a layout was computed exactly.
    engine: layout === null ? config.engine : { ...config.engine, attention: 'exact' },
  }
  const [, level = ''] = /^llama\.cpp \S+ ([a-z0-9_]+)/i.exec(build ?? '') ?? []
  for (const cpu of new Set([level, config.engine.cpu_level])) {
    const engine = open({ ...alone, engine: { ...alone.engine, cpu_level: cpu } })
    try {
      await untilReady(engine, signal)
      return engine
    } catch (error) {
      await engine.close()
      if (cpu === config.engine.cpu_level || signal.aborted) throw error
    }
  }
  throw elpisError('shutting_down')
}
