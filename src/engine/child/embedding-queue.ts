/**
 * Computes vectors of texts, several in one step. Jobs take turns: each step takes one input of each in order of
 * arrival, then the second of each, until it is full, so that a job of a thousand texts does not hold up one of a single text.
 */
import type { BriefEvent } from '../brief-protocol.ts'
import type { Embedder } from './embedder.ts'

interface Job {
  readonly id: number
  readonly inputs: readonly Int32Array[]
  readonly promptTokens: number
  /** Inputs whose vectors were reported. */
  done: number
}

export interface EmbeddingQueueOptions {
  readonly embedder: Embedder
  /** A step is full with so many tokens; an input that is longer has a step of its own. */
  readonly stepTokens: number
  readonly report: (events: readonly BriefEvent[]) => void
}

/**
 * `submit` takes a job, `step` computes while `busy`. Vectors, `ended`, `too-long` and `failed` go to `report`; a
 * cancelled job is reported as `ended`.
 */
export class EmbeddingQueue {
  readonly #options: EmbeddingQueueOptions
  /** Whose turn is next comes first. */
  #jobs: Job[] = []
  /** Steps in a row that could not be computed. */
  failures = 0

  constructor(options: EmbeddingQueueOptions) {
    this.#options = options
  }

  get busy(): boolean {
    return this.#jobs.length > 0
  }

  /** Reports `too-long` at once when an input does not fit: nothing is computed for a job that must fail. */
  submit(id: number, inputs: readonly Int32Array[]): void {
    const { embedder, report } = this.#options
    const input = inputs.findIndex((tokens) => tokens.length > embedder.contextTokens)
    const tokens = inputs[input]?.length ?? 0
    if (input >= 0) {
      report([{ type: 'too-long', job: id, input, tokens, contextTokens: embedder.contextTokens }])
      return
    }
    if (inputs.some((input) => input.length === 0)) {
      report([{ type: 'failed', job: id, reason: 'an input has no tokens' }])
      return
    }
    const promptTokens = inputs.reduce((sum, input) => sum + input.length, 0)
    if (inputs.length === 0) report([{ type: 'ended', job: id, promptTokens }])
    else this.#jobs.push({ id, inputs, promptTokens, done: 0 })
  }

  cancel(id: number): void {
    const job = this.#jobs.find((other) => other.id === id)
    if (job === undefined) return
    this.#jobs = this.#jobs.filter((other) => other !== job)
    this.#options.report([{ type: 'ended', job: id, promptTokens: job.promptTokens }])
  }

  /** Computes one step and reports what it gave. */
  step(): void {
    const shares = this.#fill()
    if (shares.size === 0) return
    const { embedder, report } = this.#options
    if (!embedder.run()) {
      this.failures++
      this.#drop([...shares.keys()])
      return
    }
    this.failures = 0
    const events: BriefEvent[] = []
    for (const [job, rows] of shares) {
      events.push(this.#vectorsOf(job, rows))
      job.done += rows.length
      if (job.done === job.inputs.length)
        events.push({ type: 'ended', job: job.id, promptTokens: job.promptTokens })
    }
    this.#rotate(shares)
    report(events)
  }

  /** Puts inputs into the coming step. @returns the numbers of each job's inputs in it. */
  #fill(): Map<Job, number[]> {
    const { embedder, stepTokens } = this.#options
    const shares = new Map<Job, number[]>()
    let tokens = 0
    let sequence = 0
    for (let round = 0; ; round++) {
      let added = false
      for (const job of this.#jobs) {
        const input = job.inputs[job.done + round]
        if (input === undefined) continue
        if (sequence > 0 && (sequence === embedder.sequences || tokens + input.length > stepTokens))
          return shares
        embedder.add(sequence, input)
        const rows = shares.get(job) ?? []
        rows.push(sequence++)
        shares.set(job, rows)
        tokens += input.length
        added = true
      }
      if (!added) return shares
    }
  }

  #vectorsOf({ id }: Job, rows: readonly number[]): BriefEvent {
    const { embedder } = this.#options
    const { width } = embedder
    const values = new Float32Array(rows.length * width)
    for (const [index, sequence] of rows.entries()) values.set(embedder.vector(sequence), index * width)
    return { type: 'vectors', job: id, width, values }
  }

  /** Finished jobs leave; those that were in the step stand behind those that had no room. */
  #rotate(served: ReadonlyMap<Job, unknown>): void {
    const left = this.#jobs.filter((job) => job.done < job.inputs.length)
    this.#jobs = [...left.filter((job) => !served.has(job)), ...left.filter((job) => served.has(job))]
  }

  #drop(failed: readonly Job[]): void {
    this.#jobs = this.#jobs.filter((job) => !failed.includes(job))
    this.#options.report(
      failed.map(({ id }) => ({ type: 'failed', job: id, reason: 'the model could not be computed' })),
    )
  }
}
