/** Does what is asked of the loaded model besides generating: reads texts into tokens, has vectors computed. */
import type { BriefCommand, BriefEvent, EmbeddingInput } from '../brief-protocol.ts'
import type { EmbeddingQueue } from './embedding-queue.ts'
import type { PairPrompt } from './pair-prompt.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface BriefDeskOptions {
  readonly vocabulary: Vocabulary
  readonly tokenizer: Tokenizer
  /** Null for a model that generates. */
  readonly embeddings: EmbeddingQueue | null
  readonly pairs: PairPrompt
  readonly report: (events: readonly BriefEvent[]) => void
}

/**
 * Stands in the model's process: `obey` takes a command, `step` computes the next batch of vectors, `report` gets the
 * results. A command that fails is reported as `failed`, never thrown.
 */
export class BriefDesk {
  readonly #options: BriefDeskOptions

  constructor(options: BriefDeskOptions) {
    this.#options = options
  }

  get busy(): boolean {
    return this.#options.embeddings?.busy ?? false
  }

  /** Steps in a row that failed. */
  get failures(): number {
    return this.#options.embeddings?.failures ?? 0
  }

  step(): void {
    this.#options.embeddings?.step()
  }

  cancel(job: number): void {
    this.#options.embeddings?.cancel(job)
  }

  /** Never throws: what goes wrong is reported as the job's end. */
  obey(command: BriefCommand): void {
    const { report } = this.#options
    try {
      if (command.type === 'embed') this.#embed(command)
      else this.#tokenize(command)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      report([{ type: 'failed', job: command.job, reason }])
    }
  }

  #embed({ job, inputs }: Extract<BriefCommand, { type: 'embed' }>): void {
    const { embeddings } = this.#options
    if (embeddings === null) throw new Error('the model does not embed')
    embeddings.submit(
      job,
      inputs.map((input) => this.#tokensOf(input)),
    )
  }

  /** What the model would be given: with an embedder, the special tokens around a text. */
  #tokenize({ job, prompt, addBos }: Extract<BriefCommand, { type: 'tokenize' }>): void {
    const { embeddings, tokenizer, vocabulary, report } = this.#options
    const tokens =
      embeddings === null
        ? tokenizer.tokenize(prompt, addBos)
        : vocabulary.tokenizeWhole(prompt.map(({ text }) => text).join(''))
    report([
      { type: 'tokens', job, tokens },
      { type: 'ended', job, promptTokens: tokens.length },
    ])
  }

  #tokensOf(input: EmbeddingInput): Int32Array {
    const { vocabulary, pairs } = this.#options
    switch (input.kind) {
      case 'text':
        return vocabulary.tokenizeWhole(input.text)
      case 'tokens': {
        const strange = input.tokens.find((token) => token >= vocabulary.size)
        if (strange !== undefined) throw new Error(`the vocabulary has no token ${strange}`)
        return Int32Array.from(input.tokens)
      }
      case 'pair':
        return pairs.tokens(input.query, input.document)
      default:
        return input satisfies never
    }
  }
}
