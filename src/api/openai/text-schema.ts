import { z } from 'zod'
import { usage } from './chat-schema.ts'
import { checkTogether, notYetInText, samplingFields, text } from './fields.ts'

const onePrompt = 'must be one text (send several as several requests; token ids cannot be sent)'

/** The body of `POST /v1/completions`. */
export const textRequest = z
  .strictObject({
    ...samplingFields,
    prompt: z.union([text, z.tuple([text], { error: onePrompt })], { error: onePrompt }),
    max_tokens: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .nullish()
      .describe("Most tokens of one answer. Default 16, as in OpenAI's."),
    logprobs: z.int().min(0).max(20).nullish().describe('How many alternatives to report for every token.'),
    ...notYetInText,
  })
  .superRefine((body, context) => {
    checkTogether(body, (field, problem) =>
      context.addIssue({ code: 'custom', path: [field], message: problem }),
    )
  })

export const textLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number()),
  top_logprobs: z.array(z.record(z.string(), z.number())),
  text_offset: z.array(z.int()).describe('Where each token begins in the text of this choice.'),
})

/** Whole answers and events have the same shape. */
export const textCompletion = z.object({
  id: z.string(),
  object: z.literal('text_completion'),
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string().nullable(),
  choices: z.array(
    z.object({
      index: z.int(),
      text: z.string(),
      logprobs: textLogprobs.nullable(),
      finish_reason: z.enum(['stop', 'length', 'content_filter']).nullable(),
    }),
  ),
  usage: usage.nullable().optional(),
})
