/** The fields that chat and text completions share, with their limits. */
import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Sampling } from '../../core/request.ts'
import { endUserField } from '../end-user.ts'
import { neutralOnly, withoutEffect } from '../parse.ts'

const wellFormed = 'must be well-formed Unicode (it has half of a surrogate pair)'

/** Text that can be put into UTF-8 without losing anything. */
export const text = z.string().refine((value) => value.isWellFormed(), wellFormed)

const stopString = text.min(1).max(1000)

export const samplingFields = {
  model: z.string().min(1).max(500).describe('A model of GET /v1/models.'),
  stream: z.boolean().nullish().describe('Answer as server-sent events.'),
  stream_options: z
    .strictObject({
      include_usage: z.boolean().nullish().describe('A last event with the usage of the whole answer.'),
      include_obfuscation: z.boolean().nullish().describe('Accepted; nothing is added to hide lengths.'),
    })
    .nullish()
    .describe('`include_usage`: a last event with the usage of the whole answer.'),
  n: z.int().min(1).max(128).nullish().describe('How many independent answers; limits.choices bounds it.'),
  stop: z
    .union([stopString, z.array(stopString).max(16)])
    .nullish()
    .describe('Up to 16 texts that end the answer; they are not part of it.'),
  seed: z
    .int()
    .min(0)
    .max(4_294_967_295)
    .nullish()
    .describe('The same request and seed give the same answer.'),
  temperature: z.number().min(0).max(2).nullish().describe('0 takes the likeliest token. Default 1.'),
  top_p: z.number().min(0).max(1).nullish().describe('Default 1.'),
  top_k: z.int().min(0).max(2_147_483_647).nullish().describe('Extension. 0 (default) is off.'),
  min_p: z.number().min(0).max(1).nullish().describe('Extension. 0 (default) is off.'),
  repeat_penalty: z
    .number()
    .min(0.01)
    .max(100)
    .nullish()
    .describe('Extension, as in llama.cpp. 1 (default) is off.'),
  presence_penalty: z.number().min(-2).max(2).nullish().describe('Against tokens that were said. Default 0.'),
  frequency_penalty: z
    .number()
    .min(-2)
    .max(2)
    .nullish()
    .describe('Against tokens, by how often they were said. Default 0.'),
  logit_bias: z
    .record(z.string().regex(/^(0|[1-9]\d{0,8})$/, 'keys must be token ids'), z.number().min(-100).max(100))
    .refine((bias) => Object.keys(bias).length <= 1024, 'may name at most 1024 tokens')
    .nullish()
    .describe('Token id → what is added to its logit; −100 bans it.'),
  ignore_eos: z
    .boolean()
    .nullish()
    .describe('Extension, for benchmarks: goes on past the end of the answer.'),
  adapter: z
    .string()
    .min(1)
    .max(128)
    .nullish()
    .describe('Extension. An adapter of the model; "model": "MODEL+ADAPTER" means the same.'),
  priority: z
    .int()
    .min(0)
    .max(100)
    .nullish()
    .describe('Extension, as in vLLM: greater waits for smaller; 0 (default) is the most urgent.'),

  user: endUserField,
  safety_identifier: endUserField,
  metadata: withoutEffect(z.record(z.string(), z.string()), 'these answers are not stored'),
}

/** Checks that concern several fields at once. */
export function checkTogether(
  body: { stream?: boolean | null | undefined; stream_options?: object | null | undefined },
  issue: (path: string, message: string) => void,
): void {
  if (body.stream_options != null && body.stream !== true) {
    issue('stream_options', 'is only allowed together with "stream": true')
  }
}

type SamplingBody = { [Name in keyof typeof samplingFields]: z.output<(typeof samplingFields)[Name]> }

/** The protocol's fields as our own, defaults filled in. */
export function samplingOf(body: Partial<SamplingBody>): Sampling {
  return {
    temperature: body.temperature ?? 1,
    topP: body.top_p ?? 1,
    topK: body.top_k ?? 0,
    minP: body.min_p ?? 0,
    repeatPenalty: body.repeat_penalty ?? 1,
    presencePenalty: body.presence_penalty ?? 0,
    frequencyPenalty: body.frequency_penalty ?? 0,
    logitBias: new Map(Object.entries(body.logit_bias ?? {}).map(([token, bias]) => [Number(token), bias])),
    seed: body.seed ?? randomInt(4_294_967_296),
  }
}

/** Stop strings as a list, empty for none. */
export function stopsOf(stop: string | readonly string[] | null | undefined): readonly string[] {
  return stop == null ? [] : typeof stop === 'string' ? [stop] : stop
}

const none = z.null()
const useTools = 'it is the old way; send "tools" and "tool_choice" instead'

/** Parameters of OpenAI's chat endpoint that would change the answer and are not there yet. */
export const notYetInChat = {
  functions: neutralOnly(z.array(z.never()).max(0), useTools),
  function_call: neutralOnly(z.enum(['none', 'auto']), useTools),
  modalities: neutralOnly(z.array(z.literal('text')).max(1), 'answers are plain text only'),
  audio: neutralOnly(none, 'answers are plain text only'),
  prediction: neutralOnly(none, 'predicted outputs are not there'),
  verbosity: neutralOnly(z.literal('medium'), 'the verbosity cannot be set'),
  web_search_options: neutralOnly(none, 'there is no web search'),
  store: neutralOnly(z.literal(false), 'answers are not stored'),
  service_tier: neutralOnly(z.enum(['auto', 'default']), 'there is one tier'),
}

/** As `notYetInChat`, for OpenAI's text endpoint. */
export const notYetInText = {
  best_of: neutralOnly(z.literal(1), 'answers are not ranked; ask for several with "n"'),
  suffix: neutralOnly(z.literal(''), 'text cannot be filled in before a suffix'),
}
