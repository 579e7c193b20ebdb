/** What stands in a conversation, as Anthropic has it. */
import { z } from 'zod'
import { text } from '../openai/fields.ts'

/** Accepted without effect: what begins alike is cached here by itself. */
export const cacheControl = z
  .strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).nullish() })
  .nullish()
  .describe('Accepted without effect: prompts that begin alike are cached by themselves.')

const identifier = z.string().min(1).max(200)

export const textBlock = z.strictObject({
  type: z.literal('text'),
  text,
  cache_control: cacheControl,
  // What answers have beside their text, sent back with it.
  citations: z
    .array(z.never({ error: 'citations are not there' }))
    .max(0, 'citations are not there')
    .nullish(),
})

const toolUse = z.strictObject({
  type: z.literal('tool_use'),
  id: identifier,
  name: z.string().min(1).max(128),
  input: z.record(z.string(), z.json()),
  cache_control: cacheControl,
})

const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: identifier,
  content: z
    .union([text, z.array(textBlock)], {
      error: 'must be text or a list of text blocks: images cannot be read here',
    })
    .nullish(),
  is_error: z.boolean().nullish().describe('The result is given to the model with "Error: " in front of it.'),
  cache_control: cacheControl,
})

const thinking = z.strictObject({
  type: z.literal('thinking'),
  thinking: text,
  signature: z
    .string()
    .max(1_000_000)
    .nullish()
    .describe('Accepted without effect: thoughts are not signed here.'),
})

const userBlock = z.discriminatedUnion('type', [textBlock, toolResult], {
  error: 'must be a block of type text or tool_result: images and documents cannot be read here',
})
const assistantBlock = z.discriminatedUnion('type', [textBlock, thinking, toolUse], {
  error: 'must be a block of type text, thinking or tool_use',
})

export const turn = z.discriminatedUnion(
  'role',
  [
    z.strictObject({ role: z.literal('user'), content: z.union([text, z.array(userBlock).min(1)]) }),
    z.strictObject({ role: z.literal('assistant'), content: z.union([text, z.array(assistantBlock)]) }),
  ],
  { error: 'must be user or assistant; the system prompt stands in "system"' },
)

export type Turn = z.output<typeof turn>
export type UserBlock = z.output<typeof userBlock>
export type AssistantBlock = z.output<typeof assistantBlock>
