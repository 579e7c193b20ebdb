import { z } from 'zod'
import { neutralOnly, withoutEffect } from '../../parse.ts'
import { checkToolUse } from '../../tool-use.ts'
import { effort } from '../effort.ts'
import { samplingFields, text } from '../fields.ts'
import { inputItem } from './items.ts'
import { toolFields, toolUseOf } from './tools.ts'

/** More items than any conversation that fits a body. */
const mostItems = 100_000

const schemaName = z
  .string()
  .regex(/^[\w-]{1,128}$/, 'must have 1 to 128 letters, digits, underscores or dashes only')
const jsonObject = z.record(z.string(), z.json())

const format = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({ type: z.literal('json_object') }),
    z.strictObject({
      type: z.literal('json_schema'),
      name: schemaName,
      description: text.max(100_000).nullish(),
      schema: jsonObject,
      strict: z.boolean().nullish(),
    }),
  ],
  { error: 'must be of type text, json_object or json_schema' },
)

const includable = z.enum(['message.output_text.logprobs', 'reasoning.encrypted_content'], {
  error: 'only message.output_text.logprobs can be included (reasoning stands in its items as it is)',
})

const { model, stream, temperature, top_p, top_k, min_p, repeat_penalty, seed, priority } = samplingFields
const { presence_penalty, frequency_penalty, user, safety_identifier, adapter } = samplingFields

/** The body of `POST /v1/responses`. */
export const responseRequest = z
  .strictObject({
    model,
    adapter,
    input: z
      .union([text, z.array(inputItem).max(mostItems)], { error: 'must be a text or a list of items' })
      .describe('A question, or the items of a conversation.'),
    instructions: text.nullish().describe('A system message in front. Not taken over by later answers.'),
    previous_response_id: z
      .string()
      .max(200)
      .nullish()
      .describe('An answer that was stored: its conversation goes on.'),
    store: z
      .boolean()
      .nullish()
      .describe('Keep it for `previous_response_id`. Default true, unless limits.response_days is 0.'),
    stream,
    stream_options: z
      .strictObject({ include_obfuscation: z.boolean().nullish() })
      .nullish()
      .describe('Accepted without effect: nothing is added to hide lengths.'),
    ...toolFields,
    text: z
      .strictObject({
        format: format.nullish(),
        verbosity: z.literal('medium', { error: 'the verbosity cannot be set' }).nullish(),
      })
      .nullish()
      .describe('`format`: what the answer must be; it is held to it by grammar.'),
    reasoning: z
      .strictObject({
        effort: effort.nullish().describe('Default as the template of the model has it.'),
        summary: z.literal('auto', { error: 'thoughts are shown as they are, not summed up' }).nullish(),
        generate_summary: z
          .literal('auto', { error: 'thoughts are shown as they are, not summed up' })
          .nullish(),
      })
      .nullish()
      .describe('`effort`: how hard to think, for models that do. Thoughts are shown as they are.'),
    max_output_tokens: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .nullish()
      .describe('Thoughts included; default up to the end of the context.'),
    top_logprobs: z
      .int()
      .min(0)
      .max(20)
      .nullish()
      .describe('Alternatives to report for every token; `include` asks for the tokens alone.'),
    include: z.array(includable).max(10).nullish().describe('`message.output_text.logprobs`.'),
    temperature,
    top_p,
    top_k,
    min_p,
    repeat_penalty,
    presence_penalty,
    frequency_penalty,
    seed,
    priority,
    metadata: z
      .record(z.string().max(64), z.string().max(512))
      .refine((metadata) => Object.keys(metadata).length <= 16, 'may have 16 entries at most')
      .nullish()
      .describe('Kept with the answer and given back.'),

    user,
    safety_identifier,
    prompt_cache_key: withoutEffect(z.string().max(1000), 'what begins alike is cached by itself'),
    prompt_cache_retention: withoutEffect(z.string().max(100), 'what begins alike is cached by itself'),

    truncation: neutralOnly(
      z.literal('disabled'),
      'a conversation is never cut; one that is too long is an error',
    ),
    background: neutralOnly(z.literal(false), 'use POST /v1/batches for what may take its time'),
    conversation: neutralOnly(z.null(), 'use previous_response_id'),
    prompt: neutralOnly(z.null(), 'there are no stored prompts'),
    max_tool_calls: neutralOnly(z.null(), 'all tools are run by the client'),
    context_management: neutralOnly(z.null(), 'a conversation is never cut'),
    moderation: neutralOnly(z.null(), 'it cannot be set per request'),
    service_tier: neutralOnly(z.enum(['auto', 'default']), 'there is one tier'),
  })
  .superRefine((body, context) => {
    const issue = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message })
    if (body.stream_options != null && body.stream !== true) {
      issue('stream_options', 'is only allowed together with "stream": true')
    }
    checkToolUse(toolUseOf(body), context)
    if (Array.isArray(body.input) && body.input.length === 0 && body.previous_response_id == null) {
      issue('input', 'must not be empty')
    }
  })

export type ResponseRequest = z.output<typeof responseRequest>
