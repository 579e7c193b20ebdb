import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Sampling } from '../../core/request.ts'
import { text } from '../openai/fields.ts'
import { invalid } from '../parse.ts'

const accepted = (schema: z.ZodType) => schema.nullish().describe('Accepted without effect.')
const stop = text.min(1).max(1000)

/** Ollama's `options`. What is set when a model is loaded is the operator's, and without effect here. */
export const options = z.strictObject({
  num_predict: z
    .int()
    .min(-2)
    .max(2_147_483_647)
    .refine((value) => value !== 0, 'must be 1 or more; -1 (default) and -2 are up to the end of the context')
    .nullish()
    .describe('Most tokens of the answer; -1 (default) and -2: up to the end of the context.'),
  temperature: z.number().min(0).max(2).nullish().describe('Default 0.8.'),
  top_k: z.int().min(0).max(2_147_483_647).nullish().describe('Default 40; 0 is off.'),
  top_p: z.number().min(0).max(1).nullish().describe('Default 0.9.'),
  min_p: z.number().min(0).max(1).nullish().describe('Default 0.'),
  seed: z.int().min(-1).max(4_294_967_295).nullish().describe('-1 (default) is another one every time.'),
  stop: z.union([stop, z.array(stop).max(16)]).nullish(),
  repeat_penalty: z
    .number()
    .min(0.01)
    .max(100)
    .nullish()
    .describe('Over the whole prompt and answer. Default 1, which is off.'),
  repeat_last_n: z
    .literal([-1, 0], { error: 'must be -1 (the penalty counts the whole context) or 0 (no penalty)' })
    .nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  num_ctx: z.int().min(1).nullish().describe('At most the context that the model is served with.'),

  typical_p: z.literal(1, { error: 'typical sampling is not there' }).nullish(),
  tfs_z: z.literal(1, { error: 'tail-free sampling is not there' }).nullish(),
  mirostat: z.literal(0, { error: 'Mirostat is not there' }).nullish(),
  mirostat_tau: accepted(z.number()),
  mirostat_eta: accepted(z.number()),
  penalize_newline: z.literal(true, { error: 'penalties make no exception for new lines' }).nullish(),

  num_keep: accepted(z.int()),
  num_batch: accepted(z.int()),
  num_gpu: accepted(z.int()),
  main_gpu: accepted(z.int()),
  num_thread: accepted(z.int()),
  numa: accepted(z.boolean()),
  low_vram: accepted(z.boolean()),
  f16_kv: accepted(z.boolean()),
  use_mmap: accepted(z.boolean()),
  use_mlock: accepted(z.boolean()),
})

type Options = z.output<typeof options>

/** Ollama's options as our own, with Ollama's defaults. */
export function samplingOf(given: Options): Sampling {
  const { seed } = given
  return {
    temperature: given.temperature ?? 0.8,
    topP: given.top_p ?? 0.9,
    topK: given.top_k ?? 40,
    minP: given.min_p ?? 0,
    // Ollama's own default (1.1) looks back 64 tokens; over a whole prompt it would spoil answers about that prompt.
    repeatPenalty: given.repeat_last_n === 0 ? 1 : (given.repeat_penalty ?? 1),
    presencePenalty: given.presence_penalty ?? 0,
    frequencyPenalty: given.frequency_penalty ?? 0,
    logitBias: new Map(),
    seed: seed == null || seed < 0 ? randomInt(4_294_967_296) : seed,
  }
}

/** @throws `invalid_request` when a larger context is asked for than there is. */
export function checkContext({ num_ctx: asked }: Options, contextTokens: number | undefined): void {
  // 0: it is known once the model is loaded.
  if (asked == null || contextTokens === undefined || contextTokens === 0 || asked <= contextTokens) return
  throw invalid('options.num_ctx', `is more than the ${contextTokens} tokens that this model is served with`)
}
