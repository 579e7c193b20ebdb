/** Drives the process of one model directly, over its own protocol, for tests and benchmarks. */
import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { FinishReason, TokenLogprob } from '../../src/core/part.ts'
import { plainSampling, type Sampling } from '../../src/core/request.ts'
import { librariesFolder } from '../../src/engine/native-libraries.ts'
import type {
  Command,
  Job,
  JobEvent,
  LoadedModel,
  LoadOptions,
  Report,
  TokenCounts,
} from '../../src/engine/protocol.ts'

const entry = fileURLToPath(new URL('../../src/engine/child/engine-process.ts', import.meta.url))

export const greedy: Sampling = {
  ...plainSampling,
  temperature: 0,
  seed: 0,
}

export interface ChoiceResult {
  text: string
  logprobs: TokenLogprob[]
  reason: FinishReason | null
}

/** Everything that a job led to. */
export interface JobResult {
  readonly choices: ChoiceResult[]
  readonly usage: TokenCounts | null
  readonly failure: JobEvent | null
}

export class EngineChild {
  readonly process: ChildProcess
  readonly #listeners = new Set<(report: Report) => void>()
  #nextJob = 1

  constructor(environment: NodeJS.ProcessEnv = {}) {
    this.process = fork(entry, [], {
      serialization: 'advanced',
      env: { ...process.env, ...environment },
      execArgv: [],
    })
    // Many jobs wait for its end at once.
    this.process.setMaxListeners(0)
    this.process.on('message', (report: Report) => {
      for (const listener of this.#listeners) listener(report)
    })
  }

  send(command: Command): void {
    this.process.send(command)
  }

  onReport(listener: (report: Report) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onEvent(job: number, listener: (event: JobEvent) => void): () => void {
    return this.onReport((report) => {
      if (report.type === 'step') for (const event of report.events) if (event.job === job) listener(event)
    })
  }

  /** Resolves with the model, or rejects with the reason why it is unusable or how the process ended. */
  load(options: Partial<LoadOptions> & { readonly path: string }): Promise<LoadedModel> {
    return new Promise((resolve, reject) => {
      this.process.once('exit', (code, signal) => {
        reject(new Error(`the process ended with ${signal ?? code}`))
      })
      const stop = this.onReport((report) => {
        if (report.type === 'ready') resolve(report.model)
        else if (report.type === 'unusable') reject(new Error(report.reason))
        else return
        stop()
      })
      this.send({
        type: 'load',
        options: {
          cacheTokens: 8192,
          contextTokens: 2048,
          sequences: 16,
          threads: availableParallelism(),
          batchTokens: 512,
          libraries: librariesFolder(),
          cpuLevel: null,
          attention: 'exact',
          drafts: 'measured',
          parkedBytes: 64 * 1024 * 1024,
          ...options,
        },
      })
    })
  }

  /** Begins a job; its id comes back at once. */
  begin(job: Partial<Omit<Job, 'id'>>): number {
    const id = this.#nextJob++
    this.send({
      type: 'generate',
      job: {
        prompt: [],
        addBos: true,
        sampling: greedy,
        choices: 1,
        maxTokens: 32,
        stop: [],
        ignoreEos: false,
        topLogprobs: null,
        adapter: null,
        cacheScope: '',
        open: null,
        ...job,
        id,
      },
    })
    return id
  }

  result(id: number, onEvent?: (event: JobEvent) => void): Promise<JobResult> {
    const choices: ChoiceResult[] = []
    const choice = (index: number) => (choices[index] ??= { text: '', logprobs: [], reason: null })
    return new Promise((resolve, reject) => {
      this.process.once('exit', () => reject(new Error('the process ended')))
      const stop = this.onEvent(id, (event) => {
        onEvent?.(event)
        if (event.type === 'text') {
          choice(event.choice).text += event.text
          choice(event.choice).logprobs.push(...(event.logprobs ?? []))
        } else if (event.type === 'finished') {
          choice(event.choice).reason = event.reason
        } else if (event.type === 'ended') {
          stop()
          resolve({ choices, usage: event.usage, failure: null })
        } else if (event.type === 'failed' || event.type === 'too-long') {
          stop()
          resolve({ choices, usage: null, failure: event })
        }
      })
    })
  }

  run(job: Partial<Omit<Job, 'id'>>, onEvent?: (event: JobEvent) => void): Promise<JobResult> {
    return this.result(this.begin(job), onEvent)
  }

  async close(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    await new Promise<void>((resolve) => {
      this.process.once('exit', () => resolve())
      this.send({ type: 'close' })
    })
  }
}
