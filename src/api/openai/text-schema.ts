import { z } from 'zod'
import type { Input } from '../../core/request.ts'
import { usage } from './chat-schema.ts'
import { checkTogether, notYetInText, samplingFields, text } from './fields.ts'

/** More would hold up everybody else. */
const mostPrompts = 256
const token = z.int().min(0).max(2_147_483_647)
const tokens = z.array(token).min(1).max(1_048_576)
const list = { min: 'must not be empty', max: `may have ${mostPrompts} prompts at most` }

/** The body of `POST /v1/completions`. */
export const textRequest = z
  .strictObject({
    ...samplingFields,
    prompt: z
      .union(
        [
          text,
          tokens,
          z.array(text).min(1, list.min).max(mostPrompts, list.max),
          z.array(tokens).min(1, list.min).max(mostPrompts, list.max),
        ],
        {
          error: `must be a text, a list of texts, a list of token ids, or a list of lists of token ids; ${mostPrompts} prompts at most`,
        },
      )
      .describe('What is continued: one text, several, or token ids, which are taken as they are.'),
    echo: z.boolean().nullish().describe('Puts the prompt in front of what continues it; for texts only.'),
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
    const issue = (field: string, problem: string) =>
      context.addIssue({ code: 'custom', path: [field], message: problem })
    checkTogether(body, issue)
    if (body.echo !== true) return
    if (body.logprobs != null) issue('echo', 'cannot stand beside logprobs: those of a prompt are not there')
    if (promptsOf(body.prompt).some(({ kind }) => kind === 'tokens'))
      issue('echo', 'goes with texts only, not with token ids')
  })

type Prompt = Extract<Input, { kind: 'text' | 'tokens' }>

/** Each prompt of a request. */
export function promptsOf(prompt: string | readonly (string | number | readonly number[])[]): Prompt[] {
  if (typeof prompt === 'string') return [{ kind: 'text', text: prompt }]
  if (prompt.every((entry) => typeof entry === 'number')) return [{ kind: 'tokens', tokens: prompt }]
  return prompt.map((entry) =>
    typeof entry === 'string'
      ? { kind: 'text', text: entry }
      : { kind: 'tokens', tokens: typeof entry === 'number' ? [entry] : entry },
  )
}

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
