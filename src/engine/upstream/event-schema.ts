/** What upstreams send, as far as it is read: the rest is passed over. Nothing here is believed before it is checked. */
import { z } from 'zod'

const count = z.int().min(0).max(1_000_000_000)

export const usageReport = z.object({
  prompt_tokens: count,
  completion_tokens: count.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: count.nullish() }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count.nullish() }).nullish(),
})
export type UsageReport = z.output<typeof usageReport>

const logprob = z.object({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int().min(0).max(255)).nullish(),
})
const chatLogprobs = z.object({
  content: z.array(logprob.extend({ top_logprobs: z.array(logprob).nullish() })).nullish(),
})
export type ChatLogprobs = z.output<typeof chatLogprobs>

const textLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
})
export type TextLogprobs = z.output<typeof textLogprobs>

const toolCallDelta = z.object({
  index: z.int().min(0).max(127).nullish(),
  id: z.string().max(500).nullish(),
  function: z.object({ name: z.string().max(500).nullish(), arguments: z.string().nullish() }).nullish(),
})
export type ToolCallDelta = z.output<typeof toolCallDelta>

const choice = z.object({
  index: z.int().min(0).nullish(),
  delta: z
    .object({
      content: z.string().nullish(),
      refusal: z.string().nullish(),
      reasoning_content: z.string().nullish(),
      reasoning: z.string().nullish(),
      tool_calls: z.array(toolCallDelta).nullish(),
    })
    .nullish(),
  text: z.string().nullish(),
  logprobs: z.union([chatLogprobs.extend({ tokens: z.undefined().optional() }), textLogprobs]).nullish(),
  finish_reason: z.string().nullish(),
  stop_reason: z.unknown().optional(),
})
export type ChoiceDelta = z.output<typeof choice>

/** Errors as OpenAI writes them, as text, and as FastAPI does (`detail`). */
const failure = z.union([z.string(), z.object({ message: z.string(), code: z.unknown().optional() })])

/** One event of a streamed answer. Usage that is out of its mind is no reason to lose an answer: it reads as none. */
export const answerEvent = z.object({
  choices: z.array(choice).nullish(),
  usage: usageReport.nullish().catch(null),
  error: failure.nullish(),
})

/** The body of an answer that is an error. */
export const errorAnswer = z.union([
  z.object({ error: failure }).transform(({ error }) => (typeof error === 'string' ? error : error.message)),
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ detail: z.string() }).transform(({ detail }) => detail),
])

export const modelList = z.object({
  data: z
    .array(
      z.object({
        id: z.string().min(1).max(500),
        created: z.number().nullish().catch(null),
        owned_by: z.string().nullish().catch(null),
        max_model_len: count.nullish().catch(null),
        context_tokens: count.nullish().catch(null),
        meta: z.object({ n_ctx: count.nullish() }).nullish().catch(null),
        digest: z.string().max(200).nullish().catch(null),
        licence: z.string().max(200).nullish().catch(null),
        abilities: z
          .array(z.enum(['generate', 'embed', 'rerank']))
          .nullish()
          .catch(null),
      }),
    )
    .max(1000),
})

export const embeddingList = z.object({
  data: z.array(z.object({ index: count, embedding: z.array(z.number()).min(1) })),
  usage: usageReport.nullish().catch(null),
})

export const ranking = z.object({
  results: z.array(z.object({ index: count, relevance_score: z.number() })),
  usage: z.object({ prompt_tokens: count.nullish(), total_tokens: count.nullish() }).nullish().catch(null),
  method: z.enum(['cross-encoder', 'cosine-similarity']).nullish().catch(null),
})

export const tokenList = z.object({ tokens: z.array(count), max_model_len: count.nullish() })
