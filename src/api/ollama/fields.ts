/** What `/api/chat` and `/api/generate` share. */
import { z } from 'zod'
import { plainRequest, type OutputFormat, type Reasoning, type Request } from '../../core/request.ts'
import type { Exchange } from '../exchange.ts'
import type { Generating } from '../openai/generating.ts'
import { reasoningOf as effortOf } from '../openai/effort.ts'
import { stopsOf } from '../openai/fields.ts'
import { checkContext, options, samplingOf } from './options.ts'

export const modelName = z.string().min(1).max(500).describe('A model of GET /api/tags.')

export const keepAlive = z
  .union([z.string().max(100), z.number()])
  .nullish()
  .describe('Accepted without effect: which models stay loaded is the operator’s.')

/** Images are refused, but for an empty list, which many clients send. */
export const noImages = z
  .array(z.never({ error: 'images cannot be read here' }))
  .max(0, 'images cannot be read here')
  .nullish()

export const generatingFields = {
  model: modelName,
  stream: z.boolean().nullish().describe('Answer as lines of JSON. Default true.'),
  options: options.nullish().describe('Sampling and lengths, as Ollama names them.'),
  format: z
    .union([z.literal(['', 'json']), z.record(z.string(), z.json())], {
      error: 'must be "json" or a JSON Schema',
    })
    .nullish()
    .describe('`json`: any JSON object; or a JSON Schema that the answer is held to.'),
  think: z
    .union([z.boolean(), z.literal(['low', 'medium', 'high'])], {
      error: 'must be true, false, low, medium or high',
    })
    .nullish()
    .describe('Default: left to the model.'),
  logprobs: z.boolean().nullish().describe('Report the probability of every token.'),
  top_logprobs: z.int().min(0).max(20).nullish().describe('Needs "logprobs": true.'),
  keep_alive: keepAlive,
  truncate: z.boolean().nullish().describe('Accepted without effect: too long a prompt is always an error.'),
  shift: z.boolean().nullish().describe('Accepted without effect: the end of the context ends an answer.'),
}

/** A check for zod: `top_logprobs` without `logprobs` is an issue. */
export function checkLogprobs(
  body: { logprobs?: boolean | null | undefined; top_logprobs?: number | null | undefined },
  context: z.RefinementCtx,
): void {
  if (body.top_logprobs == null || body.logprobs === true) return
  context.addIssue({ code: 'custom', path: ['top_logprobs'], message: 'needs "logprobs": true' })
}

type CommonBody = z.output<z.ZodObject<typeof generatingFields>>

/** The request but for what is asked. */
export function requestOf(
  body: CommonBody,
  exchange: Exchange,
  { models }: Pick<Generating, 'models'>,
): Omit<Request, 'input' | 'toolUse'> {
  const { model, format, think } = body
  const given = body.options ?? {}
  exchange.outcome.model = model
  checkContext(given, models().find(({ id }) => id === model)?.contextTokens)
  const most = given.num_predict
  return {
    ...plainRequest,
    id: exchange.id,
    model,
    sampling: samplingOf(given),
    choices: 1,
    maxTokens: most == null || most < 0 ? null : most,
    stop: stopsOf(given.stop),
    ignoreEos: false,
    topLogprobs: body.logprobs === true ? (body.top_logprobs ?? 0) : null,
    format: formatOf(format),
    reasoning: reasoningOf(think),
    deadline: exchange.deadline,
    signal: exchange.left,
  }
}

function formatOf(format: CommonBody['format']): OutputFormat {
  if (format == null || format === '') return { kind: 'text' }
  return format === 'json' ? { kind: 'json-object' } : { kind: 'json-schema', schema: format }
}

function reasoningOf(think: CommonBody['think']): Reasoning {
  if (typeof think === 'string') return effortOf(think)
  return { mode: think == null ? 'default' : think ? 'on' : 'off', budget: null }
}
