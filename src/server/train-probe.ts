/** Trains a probe for one model: its hidden states for labelled rows are read here, in processes of this command. */
import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import type { Engine } from '../core/engine.ts'
import type { RequestId } from '../core/ids.ts'
import { plainRequest, plainSampling, type RecordedChoice } from '../core/request.ts'
import { elpisError } from '../errors.ts'
import { Judge } from '../guard/judge/judge.ts'
import { readLabelled, UnreadableLabels, type Labelled } from '../guard/labelled.ts'
import { falseAlarms, measure } from '../guard/probe/measure.ts'
import { scoreOf, split, train, type ReadRow } from '../guard/probe/train.ts'
import type { StoredProbe } from '../weights/probe-store.ts'
import { openEngine } from './open-engine.ts'
import type { PreparedModel } from './prepare-model.ts'
import { statesIn } from './stored-states.ts'
import { untilReady } from './until-ready.ts'

const bounds = { bytes: 256 * 1024 * 1024, rows: 5000, responseTokens: 128, each: 10, atOnce: 8 }

export interface TrainedProbe {
  readonly probe: StoredProbe
  /** Rows that the model's context or the judge has no room for, or too short to say anything. */
  readonly leftOut: number
  /** Score that one in a hundred of the harmless rows held back has: what a policy may take as `probe.at`. */
  readonly at: number
}

interface Training {
  readonly file: string
  readonly config: Config
  readonly signal: AbortSignal
}

/** @throws `probe_data_invalid`, what loading a model fails with */
export async function trainProbe(
  prepared: PreparedModel,
  { file, config, signal }: Training,
): Promise<TrainedProbe> {
  const { rows, digest } = readRows(file)
  const { layers: count, width } = statesIn(prepared.header)
  // What a text is about stands in the middle of a model; its end is about the next token.
  const layers = [...new Set([0.35, 0.5, 0.7].map((depth) => Math.floor(depth * count)))]
  const read = await readAll(prepared, rows, { layers, config, signal })
  const { kept, held } = split(read, 'held back')
  const labels = new Set([...kept, ...held].map(({ label }) => label))
  if (labels.size < 2)
    throw elpisError('probe_data_invalid', { file, problem: 'too many rows were left out' })
  const trained = train(kept, layers.length)
  const judged = await judgeAll(held)
  const scored = (score: (row: ReadRow) => number) =>
    held.map((row) => ({ score: score(row), label: row.label }))
  const byProbe = (row: ReadRow) => scoreOf(trained, row, layers.length)
  const byJudge = (row: ReadRow) => judged.get(row) ?? 0
  const measures = {
    rows: held.length,
    probe: measure(scored(byProbe)),
    judge: measure(scored(byJudge)),
    // Either of them is heard.
    together: measure(scored((row) => 1 - (1 - byProbe(row)) * (1 - byJudge(row)))),
  }
  const probe: StoredProbe = {
    digest: prepared.manifest.digest,
    model: prepared.manifest.name,
    trainedAt: new Date(systemClock.now()).toISOString(),
    data: digest,
    rows: kept.length,
    layer: layers[trained.layer] ?? 0,
    width,
    prompt: trained.prompt,
    response: trained.response,
    measures,
  }
  return { probe, leftOut: rows.length - read.length, at: falseAlarms(scored(byProbe)) }
}

function readRows(file: string): ReturnType<typeof readLabelled> {
  const invalid = (problem: string) => elpisError('probe_data_invalid', { file, problem })
  let read: ReturnType<typeof readLabelled>
  try {
    read = readLabelled(file, bounds)
  } catch (error) {
    throw error instanceof UnreadableLabels ? invalid(error.message) : error
  }
  const prompts = read.rows.filter(({ response }) => response === null)
  const answers = read.rows.filter(({ response }) => response !== null)
  for (const kind of answers.length > 0 ? [prompts, answers] : [prompts]) {
    const harmful = kind.filter(({ label }) => label).length
    if (Math.min(harmful, kind.length - harmful) < bounds.each) {
      const what = kind === prompts ? 'rows without a response' : 'rows with a response'
      throw invalid(`of ${what}, ${harmful} have the label true and ${kind.length - harmful} false`)
    }
  }
  return read
}

async function readAll(
  prepared: PreparedModel,
  rows: readonly Labelled[],
  { layers, config, signal }: Pick<Training, 'config' | 'signal'> & { readonly layers: readonly number[] },
): Promise<ReadRow[]> {
  const alone: Config = {
    ...config,
    upstreams: {},
    models: { ...config.models, pin: [], draft: [], keep_alive: 0 },
    engine: { ...config.engine, sequences: bounds.atOnce },
  }
  const states = () => ({ layers, probe: null })
  const engine = openEngine([prepared], alone, () => {}, undefined, states)
  try {
    await untilReady(engine, signal)
    const reader = new StateReader(engine, prepared.manifest.name, signal)
    const read: (ReadRow | null)[] = Array.from(rows, () => null)
    const left = rows.entries()
    const work = async () => {
      // One iterator for all: each takes the next row that nobody has.
      for (const [index, row] of left) read[index] = await reader.read(row)
    }
    await Promise.all(Array.from({ length: bounds.atOnce }, work))
    return read.filter((row) => row !== null)
  } finally {
    await engine.close()
  }
}

class StateReader {
  readonly #engine: Engine
  readonly #model: string
  readonly #signal: AbortSignal
  readonly #share = { account: 'owner', weight: 1, cacheScope: 'owner' }
  #beginning: Promise<number | null> | null = null

  constructor(engine: Engine, model: string, signal: AbortSignal) {
    this.#engine = engine
    this.#model = model
    this.#signal = signal
  }

  /** Null when it does not fit, or says too little. */
  async read(row: Labelled): Promise<ReadRow | null> {
    const { prompt, response, label } = row
    const tokens = response === null ? null : await this.#tokensOf(response)
    if (tokens !== null && tokens.length < 2) return null
    const states = await this.#statesOf(prompt, tokens)
    const [atPrompt, ...windows] = states ?? []
    if (atPrompt === undefined) return null
    if (tokens === null) return { prompt, response: null, label, atPrompt, windows: null }
    // What is left of the last window is too short to be scored, as in an answer.
    const rest = (tokens.length - 1) % 16
    const whole = windows.length > 1 && rest > 0 && rest < 8 ? windows.slice(0, -1) : windows
    return { prompt, response, label, atPrompt, windows: whole }
  }

  async #statesOf(prompt: string, tokens: readonly number[] | null): Promise<readonly Float32Array[] | null> {
    const recorded: RecordedChoice | null =
      tokens === null ? null : { choice: 0, tokens, renderedAt: systemClock.now() }
    const parts = this.#engine.generate({
      ...plainRequest,
      id: newId(),
      model: this.#model,
      input: { kind: 'chat', messages: [{ role: 'user', content: prompt }] },
      sampling: { ...plainSampling, temperature: 0, seed: 0 },
      choices: 1,
      maxTokens: 1,
      stop: [],
      ignoreEos: true,
      topLogprobs: null,
      signal: this.#signal,
      share: this.#share,
      ...(recorded === null ? {} : { recorded }),
    })
    for await (const part of parts) {
      if (part.type === 'error') {
        if (part.error.code === 'context_exceeded') return null
        throw part.error
      }
      if (part.type === 'finish') return part.states ?? null
    }
    return null
  }

  async #tokensOf(text: string): Promise<readonly number[]> {
    const tokens = await this.#tokenize(text)
    const beginning = await (this.#beginning ??= this.#beginningToken())
    return tokens.slice(tokens[0] === beginning ? 1 : 0).slice(0, bounds.responseTokens)
  }

  /** The token that the model puts before every text; null when it puts none. */
  async #beginningToken(): Promise<number | null> {
    const [one, other] = await Promise.all([this.#tokenize('one'), this.#tokenize('Two')])
    return one.length > 1 && one[0] === other[0] ? (one[0] ?? null) : null
  }

  async #tokenize(text: string): Promise<readonly number[]> {
    const request = { id: newId(), model: this.#model, signal: this.#signal, share: this.#share }
    return (await this.#engine.tokenize({ ...request, input: { kind: 'text', text } })).tokens
  }
}

async function judgeAll(held: readonly ReadRow[]): Promise<ReadonlyMap<ReadRow, number>> {
  const judge = new Judge()
  try {
    const scores = new Map<ReadRow, number>()
    for (const row of held) scores.set(row, (await judge.score(row)).harm)
    return scores
  } finally {
    await judge.close()
  }
}

function newId(): RequestId {
  return `req_${randomUUID()}` as RequestId
}
