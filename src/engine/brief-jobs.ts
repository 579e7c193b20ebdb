/** What the process of one model was asked besides generating, and has said about it so far. */
import { elpisError, type ElpisError } from '../errors.ts'
import type { BriefCommand, BriefEvent, BriefReport } from './brief-protocol.ts'

export interface BriefJobsOptions {
  /** The model's name, for errors. */
  readonly id: string
  /** A number that no other job of the process has. */
  readonly nextJob: () => number
  /** @throws when the process is not there to take it. */
  readonly begin: (command: BriefCommand) => void
  readonly cancel: (job: number) => void
  /** Called whenever `busy` may have changed. */
  readonly onBusy: () => void
  /** The process did as asked: it is of use. */
  readonly onSuccess: () => void
  /** The process says what cannot be: it is to be ended. */
  readonly onNonsense: () => void
}

/** A command before it has its number. */
type Work<Command = BriefCommand> = Command extends BriefCommand ? Omit<Command, 'job'> : never

/** What came of a job. */
export interface BriefJob {
  /** Vectors that will come. */
  readonly expected: number
  readonly vectors: Float32Array[]
  tokens: Int32Array | null
  promptTokens: number
  readonly settle: (error: ElpisError | null) => void
}

/**
 * The jobs under way, by number: `run` sends a job and waits for its end, `hear` takes what the process reports,
 * `failAll` ends all when the process is gone.
 */
export class BriefJobs {
  readonly #options: BriefJobsOptions
  readonly #jobs = new Map<number, BriefJob>()

  constructor(options: BriefJobsOptions) {
    this.#options = options
  }

  get busy(): boolean {
    return this.#jobs.size > 0
  }

  hear({ events }: BriefReport): void {
    for (const event of events) this.#hear(event)
  }

  /** All that runs ends with this. */
  failAll(error: ElpisError): void {
    for (const job of this.#jobs.values()) job.settle(error)
  }

  #hear(event: BriefEvent): void {
    const job = this.#jobs.get(event.job)
    if (job === undefined) return
    switch (event.type) {
      case 'vectors':
        if (!takeVectors(job, event)) this.#options.onNonsense()
        return
      case 'tokens':
        job.tokens = event.tokens
        return
      case 'ended':
        job.promptTokens = event.promptTokens
        job.settle(null)
        return
      case 'too-long': {
        const { input, tokens, contextTokens: context } = event
        job.settle(elpisError('input_too_long', { input, tokens, model: this.#options.id, context }))
        return
      }
      case 'failed':
        job.settle(elpisError('engine_failed', { reason: event.reason }))
        return
      default:
        event satisfies never
    }
  }

  /** Resolved when the process has said its last about the job; rejected when that was no success. */
  async run(work: Work, expected: number, signal: AbortSignal): Promise<BriefJob> {
    signal.throwIfAborted()
    const { nextJob, begin, onBusy, onSuccess } = this.#options
    const id = nextJob()
    const cancel = () => this.#options.cancel(id)
    try {
      const job = await new Promise<BriefJob>((resolve, reject) => {
        const job: BriefJob = {
          expected,
          vectors: [],
          tokens: null,
          promptTokens: 0,
          settle: (error) => (error === null ? resolve(job) : reject(error)),
        }
        this.#jobs.set(id, job)
        onBusy()
        signal.addEventListener('abort', cancel, { once: true })
        begin({ ...work, job: id })
      })
      signal.throwIfAborted()
      if (job.vectors.length !== expected)
        throw elpisError('engine_failed', { reason: 'vectors are missing' })
      onSuccess()
      return job
    } finally {
      signal.removeEventListener('abort', cancel)
      this.#jobs.delete(id)
      onBusy()
    }
  }
}

/** False when the vectors cannot be those that were asked for. */
function takeVectors(
  { vectors, expected }: BriefJob,
  { values, width }: Extract<BriefEvent, { type: 'vectors' }>,
): boolean {
  const rows = values.length / width
  const fits = Number.isInteger(rows) && vectors.length + rows <= expected
  const same = (vectors[0]?.length ?? width) === width
  if (!fits || !same || !values.every(Number.isFinite)) return false
  for (let row = 0; row < rows; row++) vectors.push(values.slice(row * width, (row + 1) * width))
  return true
}
