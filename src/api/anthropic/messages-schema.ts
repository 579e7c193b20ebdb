import { z } from 'zod'
import { text } from '../openai/fields.ts'
import { endUserField } from '../end-user.ts'
import { neutralOnly, withoutEffect } from '../parse.ts'
import { checkToolUse } from '../tool-use.ts'
import { cacheControl, textBlock, turn } from './content-schema.ts'
import { toolFields, toolUseOf } from './tools.ts'

const thinking = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('enabled'),
      budget_tokens: z.int().min(1).max(2_147_483_647).describe('Most tokens of thought; below max_tokens.'),
      display: z.literal('summarized', { error: 'thoughts are always shown, and in full' }).nullish(),
    }),
    z.strictObject({
      type: z.literal('adaptive').describe('Left to the model.'),
      display: z.literal('summarized', { error: 'thoughts are always shown, and in full' }).nullish(),
    }),
    z.strictObject({ type: z.literal('disabled') }),
  ],
  { error: 'must have the type enabled, adaptive or disabled' },
)

const prompt = {
  model: z.string().min(1).max(500).describe('A model of GET /v1/models.'),
  messages: z.array(turn).min(1).describe('The conversation, rendered with the template of the model.'),
  system: z
    .union([text, z.array(textBlock)], { error: 'must be text or a list of text blocks' })
    .nullish()
    .describe('What the model is told before the conversation.'),
  ...toolFields,
  thinking: thinking.nullish().describe('Default adaptive: left to the model.'),
  output_config: z
    .strictObject({
      format: z
        .strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.json()) })
        .nullish()
        .describe('The answer is held to this schema by grammar.'),
      effort: z.literal('high', { error: 'the effort cannot be set' }).nullish(),
    })
    .nullish()
    .describe('`format`: a JSON Schema that the answer is held to by grammar.'),
  cache_control: cacheControl,
}

/** The body of `POST /v1/messages/count_tokens`. */
export const countRequest = z
  .strictObject(prompt)
  .superRefine((body, context) => checkToolUse(toolUseOf(body), context))

/** The body of `POST /v1/messages`. */
export const messagesRequest = z
  .strictObject({
    ...prompt,
    max_tokens: z.int().min(1).max(2_147_483_647).describe('Most tokens of the answer.'),
    stop_sequences: z
      .array(text.min(1).max(1000))
      .max(16)
      .nullish()
      .describe('Up to 16 texts that end the answer; they are not part of it.'),
    stream: z.boolean().nullish().describe('Answer as server-sent events.'),
    temperature: z.number().min(0).max(1).nullish().describe('0 takes the likeliest token. Default 1.'),
    top_p: z.number().min(0).max(1).nullish().describe('Default 1.'),
    top_k: z.int().min(0).max(2_147_483_647).nullish().describe('0 (default) is off.'),

    metadata: z
      .strictObject({ user_id: endUserField })
      .nullish()
      .describe('`user_id`: for which of your users you ask. Kept as a keyed hash only.'),
    service_tier: withoutEffect(z.enum(['auto', 'standard_only']), 'there is one tier'),

    container: neutralOnly(z.null(), 'there are no containers'),
    mcp_servers: neutralOnly(z.array(z.never()).max(0), 'the server itself calls no tools'),
    context_management: neutralOnly(z.null(), 'the conversation is taken as it stands'),
    inference_geo: neutralOnly(z.null(), 'the answer is made on this machine'),
    speed: neutralOnly(z.literal('standard'), 'there is one speed'),
  })
  .superRefine((body, context) => {
    checkToolUse(toolUseOf(body), context)
    const { thinking: thought, max_tokens: most } = body
    if (thought?.type === 'enabled' && thought.budget_tokens >= most) {
      const message = `budget_tokens must be below max_tokens (${most})`
      context.addIssue({ code: 'custom', path: ['thinking'], message })
    }
  })

export type MessagesRequest = z.output<typeof messagesRequest>
export type Prompt = z.output<typeof countRequest>

const usage = z.object({
  input_tokens: z.int().describe('Without those that were taken from the cache.'),
  cache_creation_input_tokens: z.int(),
  cache_read_input_tokens: z.int(),
  output_tokens: z.int(),
})

export const contentBlock = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal('text'), text: z.string(), citations: z.null() }),
  z.object({
    type: z.literal('tool_use'),
    id: z.string(),
    name: z.string(),
    input: z.record(z.string(), z.json()),
  }),
])

const stopReason = z.enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'refusal'])

export const messageAnswer = z.object({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  content: z.array(contentBlock),
  stop_reason: stopReason.nullable(),
  stop_sequence: z.string().nullable().describe('The one that was met.'),
  usage,
})

const delta = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text_delta'), text: z.string() }),
  z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
])

export const messageEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message_start'), message: messageAnswer }),
  z.object({ type: z.literal('ping') }),
  z.object({ type: z.literal('content_block_start'), index: z.int(), content_block: contentBlock }),
  z.object({ type: z.literal('content_block_delta'), index: z.int(), delta }),
  z.object({ type: z.literal('content_block_stop'), index: z.int() }),
  z.object({
    type: z.literal('message_delta'),
    delta: z.object({ stop_reason: stopReason, stop_sequence: z.string().nullable() }),
    usage,
  }),
  z.object({ type: z.literal('message_stop') }),
])

export const tokenCount = z.object({ input_tokens: z.int() })
