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
import { BriefJobs, type BriefJobsOptions } from './brief-jobs.ts'
import type { EmbeddingInput } from './brief-protocol.ts'
import type { Prompt } from './chat-prompt.ts'
import type { LoadedModel } from './protocol.ts'
import { cosine, relevance, shortened, unitVector } from './vectors.ts'

type BriefRequest = EmbedRequest | RerankRequest | TokenizeRequest

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

export interface BriefRunnerOptions extends BriefJobsOptions {
  readonly admit: Admit
  readonly promptOf: (request: TokenizeRequest, signal: AbortSignal) => Promise<Prompt>
}

/**
 * Vectors have length 1 and are cut to `dimensions` where asked. Without a model for pairs, ranks are the cosine of
 * such vectors. All methods wait for a place in the model's queue and throw an `ElpisError`.
 */
export class BriefRunner {
  /** What the process works on. */
  readonly jobs: BriefJobs
  readonly #options: BriefRunnerOptions

  constructor(options: BriefRunnerOptions) {
    this.#options = options
    this.jobs = new BriefJobs(options)
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
      const job = await this.jobs.run({ type: 'embed', inputs: inputs.map(inputOf) }, inputs.length, signal)
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
        const job = await this.jobs.run({ type: 'embed', inputs }, documents.length, signal)
        const scores = job.vectors.map(relevance)
        return { scores, method: 'cross-encoder', promptTokens: job.promptTokens }
      }
      // The query last: an error about an input gives the number of the document.
      const inputs = [...documents, query].map(inputOf)
      const job = await this.jobs.run({ type: 'embed', inputs }, inputs.length, signal)
      const found = job.vectors.map(unitVector)
      const asked = found.pop()!
      const scores = found.map((vector) => cosine(asked, vector))
      return { scores, method: 'cosine-similarity', promptTokens: job.promptTokens }
    })
  }

  tokenize(request: TokenizeRequest): Promise<Tokens['tokens']> {
    return this.#options.admit(request, null, async (_model, signal) => {
      const { segments, addBos } = await this.#options.promptOf(request, signal)
      const { tokens } = await this.jobs.run({ type: 'tokenize', prompt: segments, addBos }, 0, signal)
      return [...(tokens ?? [])]
    })
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
