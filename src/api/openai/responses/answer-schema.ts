/** What `/v1/responses` answers with. */
import { z } from 'zod'
import { chatLogprobs } from '../chat-schema.ts'

const status = z.enum(['in_progress', 'completed', 'incomplete'])

const messageOutput = z.object({
  type: z.literal('message'),
  id: z.string(),
  status,
  role: z.literal('assistant'),
  content: z.array(
    z.object({
      type: z.literal('output_text'),
      text: z.string(),
      annotations: z.array(z.never()),
      logprobs: chatLogprobs.shape.content,
    }),
  ),
})

const reasoningOutput = z.object({
  type: z.literal('reasoning'),
  id: z.string(),
  status,
  summary: z.array(z.never()),
  content: z.array(z.object({ type: z.literal('reasoning_text'), text: z.string() })),
})

const functionCallOutput = z.object({
  type: z.literal('function_call'),
  id: z.string(),
  status,
  call_id: z.string(),
  name: z.string(),
  arguments: z.string().describe('JSON text, as the model wrote it.'),
})

const outputItem = z.discriminatedUnion('type', [messageOutput, reasoningOutput, functionCallOutput])
export type OutputItem = z.infer<typeof outputItem>

const echoed = z.unknown().describe('As it was asked for.')

export const responseObject = z.object({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.int(),
  completed_at: z.int().nullable(),
  status: z.enum(['in_progress', 'completed', 'incomplete', 'failed']),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.enum(['max_output_tokens', 'content_filter']) }).nullable(),
  model: z.string(),
  output: z.array(outputItem),
  usage: z
    .object({
      input_tokens: z.int(),
      input_tokens_details: z.object({ cached_tokens: z.int() }),
      output_tokens: z.int(),
      output_tokens_details: z.object({ reasoning_tokens: z.int() }),
      total_tokens: z.int(),
    })
    .nullable(),
  previous_response_id: z.string().nullable(),
  store: z.boolean(),
  background: z.literal(false),
  service_tier: z.literal('default'),
  truncation: z.literal('disabled'),
  instructions: echoed,
  max_output_tokens: echoed,
  metadata: echoed,
  parallel_tool_calls: echoed,
  reasoning: echoed,
  temperature: echoed,
  text: echoed,
  tool_choice: echoed,
  tools: echoed,
  top_logprobs: echoed,
  top_p: echoed,
})
export type ResponseObject = z.infer<typeof responseObject>

/** One event; what else it has goes by its type, as OpenAI documents them. */
export const responseEvent = z.looseObject({
  type: z.string().describe('`response.created` to `response.completed`, `.incomplete` or `.failed`.'),
  sequence_number: z.int(),
})
export type ResponseEvent = z.infer<typeof responseEvent>
