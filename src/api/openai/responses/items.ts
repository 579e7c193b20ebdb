/** What a conversation consists of, as OpenAI's responses endpoint has it. */
import { z } from 'zod'
import { text } from '../fields.ts'

const id = z.string().max(200).nullish()
const status = z.enum(['in_progress', 'completed', 'incomplete']).nullish()
const callId = z.string().min(1).max(200)

const inputText = z.strictObject({ type: z.literal('input_text'), text })
const outputText = z.strictObject({
  type: z.literal('output_text'),
  text,
  // What clients send back with an earlier answer of ours.
  annotations: z.array(z.unknown()).max(1000).nullish(),
  logprobs: z.array(z.unknown()).nullish(),
})
const refusal = z.strictObject({ type: z.literal('refusal'), refusal: text })
const part = z.discriminatedUnion('type', [inputText, outputText, refusal], {
  error: 'only parts of type input_text, output_text and refusal can be read here',
})

const message = z.strictObject({
  type: z.literal('message'),
  id,
  status,
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([text, z.array(part).min(1)], { error: 'must be text or a list of text parts' }),
  phase: z.enum(['commentary', 'final_answer']).nullish(),
})

const functionCall = z.strictObject({
  type: z.literal('function_call'),
  id,
  status,
  call_id: callId,
  name: z.string().min(1).max(128),
  arguments: text,
})

const functionCallOutput = z.strictObject({
  type: z.literal('function_call_output'),
  id,
  status,
  call_id: callId,
  output: z.union([text, z.array(inputText).min(1)], { error: 'must be text or a list of input_text parts' }),
})

const reasoning = z.strictObject({
  type: z.literal('reasoning'),
  id,
  status,
  summary: z.array(z.strictObject({ type: z.literal('summary_text'), text })).nullish(),
  content: z.array(z.strictObject({ type: z.literal('reasoning_text'), text })).nullish(),
  encrypted_content: z.null().optional(),
})

const item = z.discriminatedUnion('type', [message, functionCall, functionCallOutput, reasoning], {
  error: 'must be an item of type message, function_call, function_call_output or reasoning',
})

/** As a client sends it: messages may leave out their type. */
export const inputItem = z.preprocess(
  (value) =>
    typeof value === 'object' && value !== null && 'role' in value && !('type' in value)
      ? { ...value, type: 'message' }
      : value,
  item,
)

export type Item = z.output<typeof item>

/** Marks an item as known: OpenAI's clients expect an id at every one. */
export type KnownItem = Item & { readonly id: string }

const prefixes = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fco',
  reasoning: 'rs',
} as const satisfies Record<Item['type'], string>

/** `msg_…` and the like, from the request's own random bits: unique without drawing more. */
export function itemId(type: Item['type'], suffix: string, index: number | string): string {
  return `${prefixes[type]}_${suffix}${index}`
}
