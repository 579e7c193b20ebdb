/** The settings of one upstream: another server that answers for models of this one. */
import { z } from 'zod'

/** A name that people give; it can stand in a variable of the environment. */
const upstreamName = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/)

const address = z.string().max(2000).transform(baseUrl)
const modelName = z.string().trim().min(1).max(200)
const seconds = z.number().min(0.05).max(86_400)

export const upstreamShape = {
  url: z
    .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(address).min(1).max(64))
    .describe(
      'Where it listens, such as `http://gpu:8000/v1`; several replicas of the same models as a list.',
    ),
  models: z
    .union([z.array(modelName).max(1000), z.record(modelName, modelName)], {
      error: 'is a list of names, or a table of our name = its name',
    })
    .default([])
    .describe(
      'Its models, as a list, or as a table of our name = its name; empty asks it (`GET /v1/models`).',
    ),
  key_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is the name of a variable of the environment, never a key itself')
    .optional()
    .describe('The variable of the environment that holds its API key.'),
  kind: z
    .enum(['auto', 'openai', 'vllm', 'sglang', 'llama-server', 'elpis'])
    .default('auto')
    .describe('What it understands besides the parameters of OpenAI; `auto` sees who owns its models.'),
  abilities: z
    .array(z.enum(['generate', 'embed', 'rerank']))
    .min(1)
    .default(['generate'])
    .describe('What its models are for, unless it says so itself.'),
  context: z
    .int()
    .min(0)
    .max(10_000_000)
    .default(0)
    .describe('Tokens of a prompt and its answer together, for lists of models; 0 asks it.'),
  at_once: z.int().min(1).max(10_000).default(256).describe('Most requests at the same time, per replica.'),
  connect_seconds: seconds.default(5).describe('Time to get a connection.'),
  first_byte_seconds: seconds.default(300).describe('Time until an answer begins.'),
  idle_seconds: seconds.default(60).describe('Longest silence within an answer.'),
  health_seconds: seconds.default(10).describe('Time between two looks at its health.'),
}

/** An address alone stands for an upstream with all defaults. */
const upstream = z.preprocess(
  (value) => (typeof value === 'string' ? { url: value } : value),
  z.strictObject(upstreamShape),
)

export type UpstreamSettings = z.output<typeof upstream>

/** All of them, by the names that the operator gives. */
export const upstreams = z
  .record(upstreamName, upstream, {
    error: ({ code }) =>
      code === 'invalid_key' ? 'is named with lower-case letters, digits and "_", as `vllm`' : undefined,
  })
  .prefault({})

/** An address without anything that could surprise: no password (it would end in logs), no query, no slash at its end. */
function baseUrl(text: string, context: z.RefinementCtx): string {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  if (!URL.canParse(text)) return refuse('is an address such as "http://gpu:8000/v1"')
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return refuse('must begin with http:// or https://')
  if (url.username !== '' || url.password !== '')
    return refuse('must not hold a password: name its variable in key_env')
  if (url.search !== '' || url.hash !== '') return refuse('must end with its path, such as /v1')
  const path = url.pathname.replace(/\/+$/, '')
  return url.origin + (path === '' ? '/v1' : path)
}
