/** The record of an answer: all that determined it, so that somebody else can compute it again. */
import { z } from 'zod'
import type { JsonObject, OutputFormat, Request, ToolUse } from '../core/request.ts'

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

/**
 * As JSON text, for templates and grammars follow the order of its names, which canonical JSON does not keep. Records from
 * before have the object itself, in another order than it had.
 */
const schema = z.union([
  text.refine((json) => schemaOf(json) !== null, 'is no JSON object'),
  z.record(text, z.json()),
])

const toolUse = z.strictObject({
  tools: z.array(
    z.strictObject({
      name: text,
      description: text.nullable(),
      parameters: schema.nullable(),
      strict: z.boolean(),
    }),
  ),
  choice: z.union([z.enum(['auto', 'none', 'required']), z.strictObject({ name: text })]),
  parallel: z.boolean(),
})

const format = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text') }),
  z.strictObject({ kind: z.literal('json-object') }),
  z.strictObject({ kind: z.literal('json-schema'), schema }),
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
  toolUse: toolUse.nullable(),
  format,
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

const guard = z.strictObject({
  version: text.describe('Of Elpis.'),
  screen: text.describe('SHA-256 of the weights.'),
  judge: text.describe('SHA-256 of the weights.'),
  model: text.nullable().describe('The guard model that is asked as well.'),
})

/** What judges questions and answers. */
export type RecordedGuard = z.output<typeof guard>

const judgedWindow = z.tuple([text, z.int().min(0), z.int().min(0)])

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
  guard: guard.nullable().optional().describe('What judged; left out in records from before this was kept.'),
  windows: z
    .array(z.array(judgedWindow).max(10_000_000).nullable())
    .optional()
    .describe(
      'How each choice was judged: channel, up to where it was let go, up to where it was there. Null where it was not, or the guard ended it.',
    ),
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

type Settings = AnswerRecord['settings']

/** Tools and form as they are recorded. */
export function recordedForm({
  toolUse,
  format,
}: Pick<Request, 'toolUse' | 'format'>): Pick<Settings, 'toolUse' | 'format'> {
  const written = (given: JsonObject) => JSON.stringify(given)
  const tools = toolUse?.tools.map(({ name, description, parameters, strict }) => ({
    name,
    description,
    parameters: parameters === null ? null : written(parameters),
    strict,
  }))
  return {
    toolUse: toolUse === null || tools === undefined ? null : { ...toolUse, tools },
    format: format.kind === 'json-schema' ? { kind: format.kind, schema: written(format.schema) } : format,
  }
}

/** Whether schemas were recorded with the order of their names. */
export function hasOrder({ toolUse, format }: Pick<Settings, 'toolUse' | 'format'>): boolean {
  const schemas = (toolUse?.tools ?? []).map(({ parameters }) => parameters)
  return [...schemas, format.kind === 'json-schema' ? format.schema : null].every(
    (each) => each === null || typeof each === 'string',
  )
}

function schemaOf(given: string | JsonObject): JsonObject | null {
  if (typeof given !== 'string') return given
  try {
    const value: unknown = JSON.parse(given)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
  } catch {
    return null
  }
}

function toolUseOf({ toolUse }: Settings): ToolUse | null {
  if (toolUse === null) return null
  const tools = toolUse.tools.map(({ parameters, ...tool }) => {
    return { ...tool, parameters: parameters === null ? null : schemaOf(parameters as string | JsonObject) }
  })
  return { ...toolUse, tools }
}

function formatOf({ format }: Settings): OutputFormat {
  if (format.kind !== 'json-schema') return format
  return { kind: format.kind, schema: schemaOf(format.schema as string | JsonObject) ?? {} }
}

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
    toolUse: toolUseOf(set),
    format: formatOf(set),
    reasoning: set.reasoning as Request['reasoning'],
  }
}
