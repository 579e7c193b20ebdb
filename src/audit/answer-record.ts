/** The record of an answer: all that determined it, so that somebody else can compute it again. */
import { z } from 'zod'
import type { Request } from '../core/request.ts'

const text = z.string()
const tokens = z.array(z.int().min(0)).max(10_000_000)

const message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: text,
  name: text.optional(),
  reasoning: text.optional(),
  toolCalls: z.array(z.strictObject({ id: text, name: text, arguments: text })).optional(),
  toolCallId: text.optional(),
})

const input = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('chat'), messages: z.array(message) }),
  z.strictObject({ kind: z.literal('text'), text }),
  z.strictObject({ kind: z.literal('tokens'), tokens }),
])

const settings = z.strictObject({
  sampling: z.strictObject({
    temperature: z.number(),
    topP: z.number(),
    topK: z.number(),
    minP: z.number(),
    repeatPenalty: z.number(),
    presencePenalty: z.number(),
    frequencyPenalty: z.number(),
    logitBias: z.array(z.tuple([z.int(), z.number()])),
    seed: z.int().min(0).max(4_294_967_295),
  }),
  choices: z.int().min(1),
  maxTokens: z.int().nullable(),
  stop: z.array(text),
  ignoreEos: z.boolean(),
  topLogprobs: z.int().nullable(),
  toolUse: z.json(),
  format: z.looseObject({ kind: text }),
  reasoning: z.strictObject({
    mode: z.enum(['default', 'off', 'on']),
    effort: z.enum(['low', 'medium', 'high']).optional(),
    budget: z.int().nullable(),
  }),
})

const choice = z.strictObject({
  text,
  reasoning: text,
  calls: z.array(z.strictObject({ name: text, arguments: text })),
  reason: text.nullable(),
})

export const answerRecord = z.strictObject({
  entry: text,
  opened: z.int().describe('When its prompt was rendered, epoch milliseconds: templates may write the date.'),
  model: text,
  weights: text.nullable(),
  adapter: text.nullable(),
  build: text
    .nullable()
    .describe('What computed it, CPU level included; null when it was computed elsewhere.'),
  layout: text
    .nullable()
    .optional()
    .describe('How the cache was laid out: on the same build and layout an answer is the same bit for bit.'),
  prompt: input,
  settings,
  output: z.array(choice).nullable(),
  tokens: z.array(tokens.nullable()).describe('Of each choice, in order; null where nobody said.'),
})

export type AnswerRecord = z.output<typeof answerRecord>

/** One file that shows where an answer came from. */
export const answerFile = z.strictObject({
  version: z.literal(1),
  record: answerRecord,
  receipt: text.describe('A tlog-proof, with the salt that opens the commitments of its entry.'),
  key: text.describe('The public key of the log, as the server says it.'),
})

export type AnswerFile = z.output<typeof answerFile>

type Recorded = Pick<
  Request,
  'input' | 'sampling' | 'choices' | 'maxTokens' | 'stop' | 'ignoreEos' | 'toolUse' | 'format' | 'reasoning'
>

/** The request that was recorded. */
export function recordedRequest({ prompt, settings: set }: AnswerRecord): Recorded {
  return {
    input: prompt as Request['input'],
    sampling: { ...set.sampling, logitBias: new Map(set.sampling.logitBias) },
    choices: set.choices,
    maxTokens: set.maxTokens,
    stop: set.stop,
    ignoreEos: set.ignoreEos,
    toolUse: set.toolUse as Request['toolUse'],
    format: set.format as Request['format'],
    reasoning: set.reasoning as Request['reasoning'],
  }
}
