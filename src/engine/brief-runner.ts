/** Everything that one model does besides generating: vectors, ranks, tokens. Its process says what comes of each job. */
import type {
  Embeddings,
  EmbedRequest,
  Ranking,
  RerankRequest,
  TokenizeRequest,
  Tokens,
} from '../core/engine.ts'
import { elpisError, type ElpisError } from '../errors.ts'
import type { BriefCommand, BriefEvent, BriefReport, EmbeddingInput } from './brief-protocol.ts'
import type { Prompt } from './chat-prompt.ts'
import type { LoadedModel } from './protocol.ts'
import { cosine, relevance, shortened, unitVector } from './vectors.ts'

type BriefRequest = EmbedRequest | RerankRequest | TokenizeRequest
/** A command before it has its number. */
type Work<Command = BriefCommand> = Command extends BriefCommand ? Omit<Command, 'job'> : never

/**
 * Lets a request in, waits for the model, gives it a turn when it computes, does `work`, lets it out.
 *
 * @param characters How much it has the model read, for the sake of fairness; null needs no turn, for nothing is computed.
 */
export type Admit = <Result>(
  request: BriefRequest,
  characters: number | null,
  work: (model: LoadedModel, signal: AbortSignal) => Promise<Result>,
) => Promise<Result>

export interface BriefRunnerOptions {
  /** The model's name, for errors. */
  readonly id: string
  readonly admit: Admit
  readonly promptOf: (request: TokenizeRequest, signal: AbortSignal) => Promise<Prompt>
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

/** What the process has said so far about a job. */
interface Job {
  /** Vectors that will come. */
  readonly expected: number
  readonly vectors: Float32Array[]
  tokens: Int32Array | null
  promptTokens: number
  readonly settle: (error: ElpisError | null) => void
}

export class BriefRunner {
  readonly #options: BriefRunnerOptions
  readonly #jobs = new Map<number, Job>()

  constructor(options: BriefRunnerOptions) {
    this.#options = options
  }

  get busy(): boolean {
    return this.#jobs.size > 0
  }

  embed(request: EmbedRequest): Promise<Embeddings> {
    const { dimensions, inputs } = request
    return this.#options.admit(request, sizeOf(inputs), async ({ vectorLength, vocabularySize }, signal) => {
      if (dimensions !== null && vectorLength !== null && dimensions > vectorLength)
        throw this.#refusal(`has vectors of ${vectorLength} dimensions, not ${dimensions}`, 'dimensions')
      for (const [index, input] of inputs.entries()) {
        const strange = typeof input === 'string' ? undefined : input.find((token) => token >= vocabularySize)
        if (strange !== undefined) throw this.#refusal(`has no token ${strange}`, `input[${index}]`)
      }
      const job = await this.#run({ type: 'embed', inputs: inputs.map(inputOf) }, inputs.length, signal)
      const vectors = job.vectors.map((vector) => unitVector(shortened(vector, dimensions)))
      return { vectors, promptTokens: job.promptTokens }
    })
  }

  rerank(request: RerankRequest): Promise<Ranking> {
    const { query, documents } = request
    const size = sizeOf([query, ...documents])
    return this.#options.admit(request, size, async ({ vectorLength }, signal): Promise<Ranking> => {
      if (vectorLength === null) {
        const inputs = documents.map((document) => ({ kind: 'pair', query, document }) as const)
        const job = await this.#run({ type: 'embed', inputs }, documents.length, signal)
        const scores = job.vectors.map(relevance)
        return { scores, method: 'cross-encoder', promptTokens: job.promptTokens }
      }
      const inputs = [query, ...documents].map(inputOf)
      const job = await this.#run({ type: 'embed', inputs }, inputs.length, signal)
      const [asked, ...found] = job.vectors.map(unitVector)
      const scores = found.map((vector) => cosine(asked!, vector))
      return { scores, method: 'cosine-similarity', promptTokens: job.promptTokens }
    })
  }

  tokenize(request: TokenizeRequest): Promise<Tokens['tokens']> {
    return this.#options.admit(request, null, async (_model, signal) => {
      const { segments, addBos } = await this.#options.promptOf(request, signal)
      const { tokens } = await this.#run({ type: 'tokenize', prompt: segments, addBos }, 0, signal)
      return [...(tokens ?? [])]
    })
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
  async #run(work: Work, expected: number, signal: AbortSignal): Promise<Job> {
    signal.throwIfAborted()
    const { nextJob, begin, onBusy, onSuccess } = this.#options
    const id = nextJob()
    const cancel = () => this.#options.cancel(id)
    try {
      const job = await new Promise<Job>((resolve, reject) => {
        const job: Job = {
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

  #refusal(problem: string, param: string): ElpisError {
    const error = elpisError('invalid_request', {
      problem: `${param}: the model "${this.#options.id}" ${problem}`,
    })
    error.param = param
    return error
  }
}

function sizeOf(inputs: EmbedRequest['inputs']): number {
  return inputs.reduce((sum, { length }) => sum + length, 0)
}

function inputOf(input: string | readonly number[]): EmbeddingInput {
  return typeof input === 'string' ? { kind: 'text', text: input } : { kind: 'tokens', tokens: input }
}

/** False when the vectors cannot be those that were asked for. */
function takeVectors(
  { vectors, expected }: Job,
  { values, width }: Extract<BriefEvent, { type: 'vectors' }>,
): boolean {
  const rows = values.length / width
  const fits = Number.isInteger(rows) && vectors.length + rows <= expected
  const same = (vectors[0]?.length ?? width) === width
  if (!fits || !same || !values.every(Number.isFinite)) return false
  for (let row = 0; row < rows; row++) vectors.push(values.slice(row * width, (row + 1) * width))
  return true
}
