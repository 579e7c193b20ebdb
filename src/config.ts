/**
 * All settings: one schema, one file (`elpis.toml` in `$ELPIS_HOME`), overridden by the environment, overridden by
 * flags. Every value remembers where it came from.
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { nearest } from './core/nearest.ts'
import { plainNetwork } from './core/network.ts'
import { access } from './config/access.ts'
import { storage } from './config/storage.ts'
import { providers, signInSection } from './config/sign-in.ts'
import { guardSettings } from './config/guard.ts'
import { auditSection } from './config/audit.ts'
import { standing } from './config/standing.ts'
import { upstreams, upstreamShape } from './config/upstream.ts'
import { egress } from './config/egress.ts'
import { incidents } from './config/incidents.ts'
import { insight } from './config/insight.ts'
import { monitoring } from './config/monitoring.ts'
import { telemetry } from './config/telemetry.ts'
import { usage } from './config/usage.ts'
import { elpisError } from './errors.ts'

const port = z.int().min(0).max(65_535)
const seconds = z.number().min(0.05).max(86_400)

/** The schema of `elpis.toml`: a section a table, a setting a key, the description its documentation. */
export const settings = z.strictObject({
  server: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe('Address to bind. Beyond loopback only once a key exists.'),
      port: port.default(4141).describe('Port to listen on; 0 takes a free one.'),
      allowed_hosts: z
        .array(z.string())
        .default([])
        .describe('Host names, besides localhost and IP literals of the bind, that requests may name.'),
      allowed_origins: z
        .array(z.string())
        .default([])
        .describe('Origins of other web pages that may call the API from a browser.'),
      trusted_proxies: z
        .array(z.string().refine((text) => plainNetwork(text) !== null, 'is a network such as 10.0.0.0/8'))
        .default([])
        .describe(
          'Networks (CIDR) of proxies whose `X-Forwarded-For` is believed. Of nobody else is it looked at.',
        ),
    })
    .prefault({}),
  access,
  models: z
    .strictObject({
      serve: z
        .array(z.string())
        .default(['smollm2:135m'])
        .describe(
          'Models to serve, as `elpis pull` names them. Those that fit into engine.memory are loaded at start, the others when somebody asks. The first is the default of the chat page. Left out where there are upstreams, none.',
        ),
      store: z.string().default('').describe('Folder of the weights; empty means $ELPIS_HOME/models.'),
      draft: z
        .array(z.string().regex(/^[^=]+=[^=]+$/, 'is MODEL=DRAFT, two names of models'))
        .default([])
        .describe(
          'Smaller models with the same vocabulary that propose what others say next, as MODEL=DRAFT. The text stays the same; each draft takes memory in the process of its model, and is used as far as engine.drafts says.',
        ),
      pin: z
        .array(z.string())
        .default([])
        .describe('Those of models.serve that are loaded at start and never make room for others.'),
      keep_alive: z
        .number()
        .min(0)
        .max(31_536_000)
        .default(0)
        .describe(
          'Seconds after which a model that nobody asks is unloaded, until somebody does; 0 keeps it until others need its room.',
        ),
    })
    .prefault({}),
  engine: z
    .strictObject({
      context: z
        .int()
        .min(64)
        .max(10_000_000)
        .default(8192)
        .describe(
          'Most tokens of one prompt and its answer together; capped by what the model was trained for.',
        ),
      sequences: z.int().min(1).max(256).default(16).describe('Answers that are generated at the same time.'),
      cache: z
        .int()
        .min(0)
        .max(100_000_000)
        .default(0)
        .describe('Tokens in the KV cache, shared by all answers; 0 picks four contexts.'),
      threads: z.int().min(0).max(1024).default(0).describe('Threads that compute; 0 takes all cores.'),
      memory: z
        .int()
        .min(0)
        .max(1_000_000_000)
        .default(0)
        .describe(
          'MiB that all loaded models may take together; 0 takes nine tenths of what is free at start. Models that do not fit at the same time take turns.',
        ),
      gpu: z
        .enum(['auto', 'off', 'cuda', 'vulkan'])
        .default('auto')
        .describe('Graphics processors: `auto` uses what `elpis gpu add` installed, if anything.'),
      gpu_layers: z
        .int()
        .min(-1)
        .max(10_000)
        .default(-1)
        .describe(
          'Layers that are placed on them, from the last; -1 places as many as their free memory holds.',
        ),
      batch: z.int().min(32).max(16_384).default(512).describe('Most tokens computed in one step.'),
      attention: z
        .enum(['exact', 'fast'])
        .default('exact')
        .describe(
          'On CPUs: `exact` computes so that a text never depends on what runs beside it and can be replayed to the bit; `fast` reads long prompts sooner, also with weights repacked for AMX and the like, and another neighbour may mean another text. Graphics processors are always fast.',
        ),
      drafts: z
        .enum(['measured', 'always', 'never'])
        .default('measured')
        .describe(
          'Computes along what an answer probably says next, when that was measured to pay; the text is the same.',
        ),
      prefix_memory: z
        .int()
        .min(0)
        .max(1_000_000)
        .default(256)
        .describe(
          'MiB per model for conversations that ended, so that they can go on without being computed again.',
        ),
      shared_prompts: z
        .array(z.string().trim().min(1).max(1_000_000))
        .max(100)
        .default([])
        .describe(
          'System prompts that are no secret: computed once for all organisations, rather than once for each.',
        ),
      prefix_disk: z
        .int()
        .min(0)
        .max(1_000_000)
        .default(0)
        .describe(
          'MiB on disk for what was computed of engine.shared_prompts, so that it is there after a restart, within engine.prefix_memory. Nothing else of what people say is kept there; 0 keeps nothing.',
        ),
      cpu_level: z
        .string()
        .default('')
        .describe(
          'Fixed CPU level such as `haswell`, for answers that do not depend on the machine; empty takes the best.',
        ),
    })
    .prefault({}),
  limits: z
    .strictObject({
      queue: z
        .int()
        .min(0)
        .max(100_000)
        .default(128)
        .describe('Requests that may wait for the engine, per model.'),
      queue_per_key: z
        .int()
        .min(1)
        .max(100_000)
        .default(64)
        .describe(
          'Requests of one key that may wait or run at the same time, per model; of moderations as many.',
        ),
      weights: z
        .record(z.string().regex(/^(key|person|org)_/), z.number().min(0.01).max(1000))
        .default({})
        .describe(
          'Share of the engine while others wait, by id of a key, person or organisation, the first that is named; 1 where none is.',
        ),
      body_bytes: z.int().min(1024).max(1_000_000_000).default(4_194_304).describe('Largest request body.'),
      header_seconds: seconds.default(10).describe('Time to receive the headers.'),
      request_seconds: seconds.default(60).describe('Time to receive the whole request.'),
      answer_seconds: seconds.default(600).describe('Longest time an answer may take.'),
      drain_seconds: seconds.default(30).describe('Time that running answers get to finish at shutdown.'),
      file_bytes: z
        .int()
        .min(1024)
        .max(100_000_000_000)
        .default(209_715_200)
        .describe('Largest file that a client may leave here.'),
      files_bytes: z
        .int()
        .min(1024)
        .max(100_000_000_000_000)
        .default(4_294_967_296)
        .describe('Bytes that all files of all clients may take together, results of batches included.'),
      batch_parallel: z
        .int()
        .min(1)
        .max(256)
        .default(4)
        .describe('Lines of batches that are answered at the same time. They give way to everybody else.'),
      response_days: z
        .int()
        .min(0)
        .max(3650)
        .default(30)
        .describe('Days that answers of /v1/responses are kept for `previous_response_id`; 0 keeps none.'),
      response_bytes: z
        .int()
        .min(1_048_576)
        .max(1_000_000_000_000)
        .default(268_435_456)
        .describe('Bytes of kept answers per key; the oldest go first.'),
      choices: z.int().min(1).max(128).default(8).describe('Largest `n`: answers to one request.'),
    })
    .prefault({}),
  storage,
  sign_in: z.strictObject(signInSection).prefault({}),
  oidc: providers,
  guard: guardSettings,
  audit: auditSection,
  standing,
  upstreams,
  usage,
  monitoring,
  telemetry,
  insight,
  incidents,
  egress,
  log: z
    .strictObject({
      level: z
        .enum(['silent', 'error', 'warn', 'info', 'debug'])
        .default('info')
        .describe('How much the server logs. Never prompts, answers or keys.'),
    })
    .prefault({}),
})

/** All settings with their defaults filled in. */
export type Settings = z.output<typeof settings>

/** Where a value came from: `default`, the file, a variable of the environment or a flag. */
export type Source = string

/** Settings, the folders they live in, and the source of each value, keyed `section.name`. */
export interface Config extends Settings {
  readonly home: string
  /** Folder of the weights store. */
  readonly modelsFolder: string
  readonly file: string
  readonly sources: ReadonlyMap<string, Source>
}

/** Flags that override settings, keyed `section.name`, as typed. */
export type Overrides = ReadonlyMap<string, { readonly flag: string; readonly value: string }>

/** Names that scripts rely on; every other setting is `ELPIS_<SECTION>_<NAME>`. */
const fixedNames: Readonly<Record<string, string>> = {
  'server.host': 'ELPIS_HOST',
  'server.port': 'ELPIS_PORT',
  'models.store': 'ELPIS_MODELS',
}

/** `ELPIS_UPSTREAMS_NAME` is the address of an upstream. */
const upstreamPrefix = 'ELPIS_UPSTREAMS_'

/** Variables that Elpis reads besides settings. */
const otherVariables = new Set(['ELPIS_HOME', 'ELPIS_KEY', 'ELPIS_URL'])

/** One documented setting. */
export interface SettingEntry {
  readonly key: string
  readonly variable: string
  readonly description: string
  readonly schema: z.ZodType
}

/** Every setting in the order of the schema. What people name themselves, upstreams, is not among them. */
export function settingEntries(): SettingEntry[] {
  return Object.entries(settings.shape).flatMap(([section, wrapped]) => {
    const inner = wrapped.unwrap()
    if (!(inner instanceof z.ZodObject)) return []
    return Object.entries(inner.shape as Record<string, z.ZodType>).map(([name, schema]) => {
      const key = `${section}.${name}`
      return { key, variable: variableOf(key), description: schema.description ?? '', schema }
    })
  })
}

/** The settings of one upstream, as `upstreams.NAME.…`. */
export function upstreamEntries(): Pick<SettingEntry, 'key' | 'description' | 'schema'>[] {
  return Object.entries(upstreamShape).map(([name, schema]) => {
    return { key: `upstreams.NAME.${name}`, description: schema.description ?? '', schema }
  })
}

/**
 * Reads, merges and checks all settings.
 *
 * @throws `config_invalid` naming the place, the problem and the nearest right name.
 */
export function loadConfig(
  environment: NodeJS.ProcessEnv = process.env,
  overrides: Overrides = new Map(),
): Config {
  const home = resolve(environment['ELPIS_HOME'] || join(homedir(), '.elpis'))
  const file = join(home, 'elpis.toml')
  const entries = settingEntries()
  const known = new Map(entries.map((entry) => [entry.key, entry]))
  const sources = new Map<string, Source>(entries.map((entry) => [entry.key, 'default']))
  const values = new Map<string, unknown>()

  for (const [key, value] of readFile(file)) {
    if (!known.has(key) && !/^(upstreams|oidc)\./.test(key))
      throw unknown(file, 'setting', key, [...known.keys(), 'upstreams.NAME'])
    values.set(key, value)
    sources.set(key, file)
  }
  const variables = new Map(entries.map((entry) => [entry.variable, entry]))
  const secrets = new Set([
    ...namedBySettings(Object.fromEntries(values)),
    ...[...variables].flatMap(([name, { key }]) => (key.endsWith('_env') ? [environment[name]] : [])),
  ])
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('ELPIS_') || text === undefined || text === '' || otherVariables.has(name)) continue
    if (secrets.has(name)) continue
    if (name.startsWith(upstreamPrefix)) {
      const key = `upstreams.${name.slice(upstreamPrefix.length).toLowerCase()}`
      values.set(key, text)
      sources.set(key, name)
      continue
    }
    const entry = variables.get(name)
    if (entry === undefined)
      throw unknown('environment', 'variable', name, [...variables.keys(), ...otherVariables])
    values.set(entry.key, fromText(entry.schema, text))
    sources.set(entry.key, name)
  }
  for (const [key, { flag, value }] of overrides) {
    const entry = known.get(key)
    if (entry === undefined) throw new Error(`The flag ${flag} overrides the unknown setting ${key}.`)
    values.set(key, fromText(entry.schema, value))
    sources.set(key, flag)
  }

  const parsed = settings.safeParse(nested(values))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const key = issue?.path.slice(0, 2).join('.') ?? ''
    throw elpisError('config_invalid', {
      where: sources.get(key) ?? file,
      problem: `${issue?.path.slice(0, 4).join('.') || key}: ${issue?.message ?? 'invalid'}`,
      suggestion: known.get(key)?.description ?? '`elpis config show` lists every setting.',
    })
  }
  // Who points at another server does not ask for a small model on this one.
  const elsewhere = Object.keys(parsed.data.upstreams).length > 0
  if (elsewhere && sources.get('models.serve') === 'default') parsed.data.models.serve = []
  const modelsFolder =
    parsed.data.models.store === '' ? join(home, 'models') : resolve(parsed.data.models.store)
  return { ...parsed.data, home, modelsFolder, file, sources }
}

/** Variables that settings name, `…_env = "NAME"`, as the place of a secret: whatever they are called. */
function namedBySettings(settings: object): string[] {
  return Object.entries(settings).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'string') return name.endsWith('_env') ? [value] : []
    return typeof value === 'object' && value !== null ? namedBySettings(value) : []
  })
}

function variableOf(key: string): string {
  return fixedNames[key] ?? `ELPIS_${key.replace('.', '_').toUpperCase()}`
}

function readFile(file: string): [key: string, value: unknown][] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw elpisError('config_invalid', {
      where: file,
      problem: `cannot be read (${(error as Error).message})`,
      suggestion: 'Check the permissions of the file.',
    })
  }
  let sections: Record<string, unknown>
  try {
    sections = parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw elpisError('config_invalid', {
      where: `${file}:${error.line}`,
      problem: error.message.split('\n')[0] ?? 'not TOML',
      suggestion: 'The file is TOML: [section] lines, then name = value.',
    })
  }
  return Object.entries(sections).flatMap(([section, body]): [string, unknown][] =>
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? Object.entries(body).map(([name, value]) => [`${section}.${name}`, value])
      : [[section, body]],
  )
}

/** Text of a variable or flag as the type that the setting has; lists are separated by commas. */
function fromText(schema: z.ZodType, text: string): unknown {
  const inner = schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema
  if (inner instanceof z.ZodArray) return text.split(',').map((item) => item.trim())
  if (inner instanceof z.ZodNumber) return text.trim() === '' ? text : Number(text)
  if (inner instanceof z.ZodBoolean) return text === 'true' ? true : text === 'false' ? false : text
  return text
}

/** The name of a setting is all that follows its section: names that people give may hold dots, until the schema refuses. */
function nested(values: ReadonlyMap<string, unknown>): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {}
  for (const [key, value] of values) {
    const dot = key.indexOf('.')
    const [section, name] = dot === -1 ? [key, ''] : [key.slice(0, dot), key.slice(dot + 1)]
    ;(sections[section] ??= {})[name] = value
  }
  return sections
}

function unknown(where: string, what: string, name: string, names: readonly string[]) {
  const guess = nearest(name, names) ?? names.find((other) => other.endsWith(`.${name}`)) ?? null
  return elpisError('config_invalid', {
    where,
    problem: `there is no ${what} "${name}"`,
    suggestion: guess === null ? '`elpis config show` lists every setting.' : `Did you mean "${guess}"?`,
  })
}
