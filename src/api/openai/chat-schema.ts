import { z } from 'zod'
import { answeredToolCall, toolCallDelta, toolCalls, toolFields, toolUseOf } from './chat-tools.ts'
import { withoutEffect } from '../parse.ts'
import { checkToolUse } from '../tool-use.ts'
import { checkTogether, notYetInChat, samplingFields, text } from './fields.ts'
import { responseFormat } from './response-format.ts'

const textPart = z.strictObject({
  type: z.literal('text', { error: 'only parts of type "text" can be read here' }),
  text,
})
const content = z.union([text, z.array(textPart).min(1)], {
  error: 'must be text or a list of text parts',
})
const name = z.string().min(1).max(64).nullish()
/** Only what the model thought; a reader of the answer is shown it apart. */
const thought = text.nullish().describe('Extension: what this turn thought before it answered.')

/** One turn of a conversation. */
export const message = z.discriminatedUnion(
  'role',
  [
    z.strictObject({ role: z.literal(['system', 'developer', 'user']), content, name }),
    z
      .strictObject({
        role: z.literal('assistant'),
        content: content.nullish().describe('May be left out beside tool_calls.'),
        name,
        tool_calls: toolCalls,
        reasoning_content: thought,
        reasoning: thought,
        // What clients send back with an earlier answer of ours.
        refusal: z.null().optional(),
        function_call: z.null().optional(),
        audio: z.null().optional(),
        annotations: z.array(z.never()).max(0).nullish(),
      })
      .refine((turn) => turn.content != null || (turn.tool_calls ?? []).length > 0, {
        path: ['content'],
        error: 'may be left out beside tool_calls only',
      }),
    z.strictObject({ role: z.literal('tool'), content, tool_call_id: z.string().max(200), name }),
  ],
  { error: 'must be one of system, developer, user, assistant, tool' },
)

/** The body of `POST /v1/chat/completions`. */
export const chatRequest = z
  .strictObject({
    ...samplingFields,
    messages: z.array(message).min(1).describe('The conversation, rendered with the template of the model.'),
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
    logprobs: z.boolean().nullish().describe('Report the probability of every token.'),
    top_logprobs: z.int().min(0).max(20).nullish().describe('Needs "logprobs": true.'),
    prompt_cache_key: withoutEffect(z.string().max(1000), 'what begins alike is cached by itself'),
    prompt_cache_retention: withoutEffect(z.string().max(100), 'what begins alike is cached by itself'),
    ...toolFields,
    response_format: responseFormat,
    ...notYetInChat,
  })
  .superRefine((body, context) => {
    const issue = (field: string, problem: string) =>
      context.addIssue({ code: 'custom', path: [field], message: problem })
    checkTogether(body, issue)
    checkToolUse(toolUseOf(body), context)
    if (body.top_logprobs != null && body.logprobs !== true) issue('top_logprobs', 'needs "logprobs": true')
    if (body.max_tokens != null && body.max_completion_tokens != null) {
      issue('max_tokens', 'cannot stand beside max_completion_tokens')
    }
  })

export type ChatRequest = z.output<typeof chatRequest>

const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter'])

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
  completion_tokens_details: z.object({ reasoning_tokens: z.int() }),
  estimated: z
    .literal(true)
    .optional()
    .describe('Extension. The server that computed the answer did not count: reckoned from its length.'),
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
      message: z.object({
        role: z.literal('assistant'),
        content: z.string().nullable().describe('Null when the answer is tool calls alone.'),
        reasoning_content: z
          .string()
          .optional()
          .describe('What the model thought before; left out when nothing.'),
        tool_calls: z.array(answeredToolCall).optional(),
        refusal: z.null(),
      }),
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
        reasoning_content: z.string().optional(),
        tool_calls: z.array(toolCallDelta).optional(),
        refusal: z.null().optional(),
      }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: finishReason.nullable(),
    }),
  ),
  usage: usage.nullable().optional(),
})
