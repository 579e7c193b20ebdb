/** What an answer of `/api/chat` or `/api/generate` holds, whole or as lines. */
import { z } from 'zod'

const tokenFields = { token: z.string(), bytes: z.array(z.int()), logprob: z.number() }
export const logprobs = z.array(
  z.object({ ...tokenFields, top_logprobs: z.array(z.object(tokenFields)).optional() }),
)

export const toolCall = z.object({
  id: z.string(),
  function: z.object({ index: z.int(), name: z.string(), arguments: z.record(z.string(), z.json()) }),
})

const nanoseconds = z.int().describe('Nanoseconds.').optional()

const common = {
  model: z.string(),
  created_at: z.string(),
  done: z.boolean(),
  done_reason: z.enum(['stop', 'length', 'content_filter', 'load']).optional(),
  logprobs: logprobs.optional(),
  loading: z
    .number()
    .min(0)
    .max(1)
    .describe('Extension. How much of the model is in memory, while the answer waits for it.')
    .optional(),
  total_duration: nanoseconds,
  load_duration: nanoseconds,
  prompt_eval_count: z.int().optional(),
  prompt_eval_duration: nanoseconds,
  eval_count: z.int().optional(),
  eval_duration: nanoseconds,
}

export const chatAnswer = z.object({
  ...common,
  message: z.object({
    role: z.literal('assistant'),
    content: z.string(),
    thinking: z.string().optional(),
    tool_calls: z.array(toolCall).optional(),
  }),
})

export const generateAnswer = z.object({ ...common, response: z.string(), thinking: z.string().optional() })
