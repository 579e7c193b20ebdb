import type {
  Embeddings,
  EmbedRequest,
  Ranking,
  RerankRequest,
  TokenizeRequest,
  Tokens,
} from '../../core/engine.ts'
import { elpisError } from '../../errors.ts'
import { unitVector } from '../vectors.ts'
import { embeddingList, ranking, tokenList } from './event-schema.ts'
import { broken } from './failures.ts'
import { askJson, Failed } from './json-exchange.ts'
import { tokenizeBody } from './request-body.ts'
import type { Asked, Sender } from './sender.ts'

const charactersPerToken = 4

/** Everything that an upstream does besides answering: vectors, ranks, tokens. All throw an `ElpisError`. */
export class BriefCalls {
  readonly #sender: Sender

  constructor(sender: Sender) {
    this.#sender = sender
  }

  async embed(request: EmbedRequest, theirs: string): Promise<Embeddings> {
    const { model, inputs, dimensions, signal } = request
    const { key } = this.#sender.options
    const body = JSON.stringify({
      model: theirs,
      input: inputs,
      encoding_format: 'float',
      ...(dimensions === null ? {} : { dimensions }),
    })
    return await this.#sender.perform(asText(request, ''), async (replica) => {
      const path = replica.pathOf('/embeddings')
      const list = await askJson({ model, replica, path, body, key, signal, schema: embeddingList })
      const vectors = inOrder(list.data, inputs.length)?.map(({ embedding }) => Float32Array.from(embedding))
      const width = dimensions ?? vectors?.[0]?.length
      if (
        vectors === undefined ||
        !vectors.every((vector) => vector.length === width && vector.every(Number.isFinite))
      )
        throw new Failed(broken(model, 'its vectors are not those that were asked for'))
      const promptTokens = list.usage?.prompt_tokens ?? estimate(inputs)
      return { vectors: vectors.map(unitVector), promptTokens }
    })
  }

  async rerank(request: RerankRequest, theirs: string): Promise<Ranking> {
    const { model, query, documents, signal } = request
    const { key } = this.#sender.options
    const body = JSON.stringify({ model: theirs, query, documents, top_n: documents.length })
    return await this.#sender.perform(asText(request, query), async (replica) => {
      const path = replica.pathOf('/rerank')
      const { results, usage, method } = await askJson({
        model,
        replica,
        path,
        body,
        key,
        signal,
        schema: ranking,
      })
      const scores = inOrder(results, documents.length)?.map(({ relevance_score: score }) => score)
      if (scores === undefined || !scores.every(Number.isFinite))
        throw new Failed(broken(model, 'its ranks are not those that were asked for'))
      const promptTokens = usage?.prompt_tokens ?? usage?.total_tokens ?? estimate([query, ...documents])
      return { scores, method: method ?? 'cross-encoder', promptTokens }
    })
  }

  async tokenize(request: TokenizeRequest, theirs: string, context: number): Promise<Tokens> {
    const { model, signal } = request
    const { key, dialect } = this.#sender.options
    const place = dialect().tokenize
    if (place === null)
      throw elpisError('model_lacks_ability', {
        model,
        ability: 'show tokens: the server behind it does not',
      })
    const body = tokenizeBody(request, theirs, dialect())
    return await this.#sender.perform(request, async (replica) => {
      const path = replica.pathOf('/tokenize', place)
      const list = await askJson({ model, replica, path, body, key, signal, schema: tokenList })
      return { tokens: list.tokens, contextTokens: list.max_model_len ?? context }
    })
  }
}

function asText(request: Omit<Asked, 'input'>, text: string): Asked {
  return { ...request, input: { kind: 'text', text } }
}

/** One entry for each index from 0; undefined when they are not. */
function inOrder<Entry extends { readonly index: number }>(entries: readonly Entry[], count: number) {
  const sorted = entries.toSorted((left, right) => left.index - right.index)
  const right = sorted.length === count && sorted.every(({ index }, place) => index === place)
  return right ? sorted : undefined
}

function estimate(inputs: readonly (string | readonly number[])[]): number {
  const tokens = inputs.map((input) =>
    typeof input === 'string' ? Math.ceil(input.length / charactersPerToken) : input.length,
  )
  return tokens.reduce((sum, count) => sum + count, 0)
}
