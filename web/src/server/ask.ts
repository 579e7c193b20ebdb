import { z } from '../schema.ts'
import { call } from './call.ts'
import { readEvents } from './event-stream.ts'
import {
  connectionLost,
  problemFromBody,
  problemOf,
  ProblemError,
  unreadable,
  type Problem,
} from './problem.ts'

export interface Turn {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** Where nothing is set: the API's own 1 lets small models wander. */
export const chatTemperature = 0.7

/** How the model chooses its words; null is `chatTemperature`, for the others the server's default. */
export interface Sampling {
  readonly temperature: number | null
  readonly topP: number | null
  readonly maxTokens: number | null
  readonly seed: number | null
}

export interface Question {
  readonly model: string
  readonly turns: readonly Turn[]
  readonly sampling: Sampling
}

/** Tokens of one answer, as the server counted them. */
export interface Usage {
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

/** What an answer is made of. `problem` is always the last one; without it, the answer is complete. */
export type AnswerEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'finish'; readonly reason: string }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'problem'; readonly problem: Problem }

export type Ask = (question: Question, signal: AbortSignal) => AsyncGenerator<AnswerEvent>

const chunkSchema = z.object({
  choices: z.array(
    z.object({
      delta: z.optional(
        z.object({
          content: z.optional(z.nullable(z.string())),
          reasoning_content: z.optional(z.nullable(z.string())),
        }),
      ),
      finish_reason: z.optional(z.nullable(z.string())),
    }),
  ),
  usage: z.optional(
    z.nullable(
      z.object({
        prompt_tokens: z.number(),
        completion_tokens: z.number(),
        prompt_tokens_details: z.optional(z.nullable(z.object({ cached_tokens: z.optional(z.number()) }))),
      }),
    ),
  ),
})

/** The answer to `question`, as it is made. Never throws; ends without a word when `signal` is aborted. */
export const ask: Ask = async function* (question, signal) {
  let finished = false
  const thoughts = new ThoughtMarks()
  try {
    const response = await call('/v1/chat/completions', { method: 'POST', body: wireOf(question), signal })
    if (response.body === null) throw new ProblemError(unreadable)
    for await (const data of readEvents(response.body)) {
      if (data === '[DONE]') break
      for (const heard of eventsOf(data)) {
        const event = thoughts.marked(heard)
        yield event
        if (event.type === 'problem') return
        if (event.type === 'finish') finished = true
      }
    }
    if (!finished && !signal.aborted) yield { type: 'problem', problem: connectionLost }
  } catch (thrown) {
    if (signal.aborted) return
    // Once the body flows, a TypeError means that the connection broke.
    const problem = thrown instanceof TypeError ? connectionLost : problemOf(thrown)
    yield { type: 'problem', problem }
  }
}

function wireOf({ model, turns, sampling }: Question): Record<string, unknown> {
  return {
    model,
    // Half of a surrogate pair, as a cut paste may leave it, has no place in UTF-8.
    messages: turns.map(({ role, content }) => ({ role, content: content.toWellFormed() })),
    stream: true,
    stream_options: { include_usage: true },
    temperature: sampling.temperature ?? chatTemperature,
    ...(sampling.topP === null ? {} : { top_p: sampling.topP }),
    ...(sampling.maxTokens === null ? {} : { max_completion_tokens: sampling.maxTokens }),
    ...(sampling.seed === null ? {} : { seed: sampling.seed }),
  }
}

/** What a chunk says; thoughts come apart from the answer. */
type Heard = AnswerEvent | { readonly type: 'thought'; readonly text: string }

/** Puts the thoughts that came apart in front of the answer again, between the marks that `splitThoughts` looks for. */
class ThoughtMarks {
  #inside = false

  marked(heard: Heard): AnswerEvent {
    if (heard.type === 'thought') {
      const opening = this.#inside ? '' : '<think>\n'
      this.#inside = true
      return { type: 'text', text: opening + heard.text }
    }
    if (heard.type !== 'text' || !this.#inside) return heard
    this.#inside = false
    return { type: 'text', text: `\n</think>\n\n${heard.text}` }
  }
}

function* eventsOf(data: string): Generator<Heard> {
  const body = parseJson(data)
  const parsed = z.safeParse(chunkSchema, body)
  if (!parsed.success) {
    yield { type: 'problem', problem: problemFromBody(body, null) ?? unreadable }
    return
  }
  const choice = parsed.data.choices[0]
  const thought = choice?.delta?.reasoning_content ?? ''
  if (thought !== '') yield { type: 'thought', text: thought }
  const text = choice?.delta?.content ?? ''
  if (text !== '') yield { type: 'text', text }
  if (choice?.finish_reason != null) yield { type: 'finish', reason: choice.finish_reason }
  const { usage } = parsed.data
  if (usage != null) {
    yield {
      type: 'usage',
      usage: {
        promptTokens: usage.prompt_tokens,
        cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
        outputTokens: usage.completion_tokens,
      },
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
