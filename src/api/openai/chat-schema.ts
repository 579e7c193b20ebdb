import { z } from 'zod'
import { checkTogether, notYetInChat, samplingFields, text } from './fields.ts'

const textPart = z.strictObject({
  type: z.literal('text', { error: 'only parts of type "text" can be read here' }),
  text,
})
const content = z.union([text, z.array(textPart).min(1)], {
  error: 'must be text or a list of text parts',
})
const name = z.string().min(1).max(64).nullish()
const noToolCalls = z
  .array(z.never({ error: 'tool calling is not there yet' }))
  .max(0, 'tool calling is not there yet')
  .nullish()

/** One turn of a conversation. */
export const message = z.discriminatedUnion(
  'role',
  [
    z.strictObject({ role: z.literal(['system', 'developer', 'user']), content, name }),
    z.strictObject({
      role: z.literal('assistant'),
      content,
      name,
      // What clients send back with an earlier answer of ours.
      refusal: z.null().optional(),
      tool_calls: noToolCalls,
      function_call: z.null().optional(),
      audio: z.null().optional(),
      annotations: noToolCalls,
    }),
    z.strictObject({ role: z.literal('tool'), content, tool_call_id: z.string().max(200), name }),
  ],
  { error: 'must be one of system, developer, user, assistant, tool' },
)

/** The body of `POST /v1/chat/completions`. */
export const chatRequest = z
  .strictObject({
    ...samplingFields,
    messages: z.array(message).min(1),
    max_tokens: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .nullish()
      .describe('Deprecated name of max_completion_tokens.'),
    max_completion_tokens: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .nullish()
      .describe('Most tokens of one answer; default up to the end of the context.'),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish().describe('Needs "logprobs": true.'),
    prompt_cache_key: z.string().max(1000).nullish(),
    prompt_cache_retention: z.string().max(100).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    ...notYetInChat,
  })
  .superRefine((body, context) => {
    const issue = (field: string, problem: string) =>
      context.addIssue({ code: 'custom', path: [field], message: problem })
    checkTogether(body, issue)
    if (body.top_logprobs != null && body.logprobs !== true) issue('top_logprobs', 'needs "logprobs": true')
    if (body.max_tokens != null && body.max_completion_tokens != null) {
      issue('max_tokens', 'cannot stand beside max_completion_tokens')
    }
  })

export type ChatRequest = z.output<typeof chatRequest>

const finishReason = z.enum(['stop', 'length', 'content_filter'])

const tokenFields = {
  token: z.string(),
  bytes: z.array(z.int()).nullable(),
  logprob: z.number().describe('Natural logarithm, before sampling settings.'),
}

export const chatLogprobs = z.object({
  content: z.array(z.object({ ...tokenFields, top_logprobs: z.array(z.object(tokenFields)) })),
  refusal: z.null(),
})

export const usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({ cached_tokens: z.int() }),
})

const envelope = {
  id: z.string(),
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string().nullable(),
}

export const chatCompletion = z.object({
  ...envelope,
  object: z.literal('chat.completion'),
  choices: z.array(
    z.object({
      index: z.int(),
      message: z.object({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: finishReason,
    }),
  ),
  usage,
})

export const chatChunk = z.object({
  ...envelope,
  object: z.literal('chat.completion.chunk'),
  choices: z.array(
    z.object({
      index: z.int(),
      delta: z.object({
        role: z.literal('assistant').optional(),
        content: z.string().optional(),
        refusal: z.null().optional(),
      }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: finishReason.nullable(),
    }),
  ),
  usage: usage.nullable().optional(),
})
