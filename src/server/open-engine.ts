import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { UpstreamSettings } from '../config/upstream.ts'
import type { Engine, ModelNature } from '../core/engine.ts'
import { embeddedEngine } from '../engine/embedded-engine.ts'
import { chosenGpu, gpuLibraries } from '../engine/gpu-packages.ts'
import { PrefixFiles } from '../engine/prefix-files.ts'
import { severalEngines } from '../engine/several-engines.ts'
import { upstreamEngine, type UpstreamEngine } from '../engine/upstream/upstream-engine.ts'
import { elpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import { layerSizes } from '../weights/gguf/layer-sizes.ts'
import { abilitiesOf } from '../weights/gguf/abilities.ts'
import { describeModel } from '../weights/gguf/describe.ts'
import { printable } from '../weights/gguf/printable.ts'
import type { StoredAdapters } from './adapter-shelf.ts'
import { checkFits, draftMemory, memoryBudget, servedMemory } from './model-memory.ts'
import { storedStates, type StatesOf } from './stored-states.ts'
import { draftOf, type PreparedModel } from './prepare-model.ts'

const levels = {
  'model-loading': 'debug',
  'model-ready': 'info',
  'model-unloaded': 'info',
  'model-lost': 'warn',
  'model-failed': 'error',
  'upstream-well': 'info',
  'upstream-ill': 'warn',
  'upstream-usage-unbelievable': 'warn',
} as const

/**
 * All engines that the settings want, as one.
 *
 * @throws `config_invalid` when the key of an upstream is not there
 */
export function openEngine(
  models: readonly PreparedModel[],
  config: Config,
  log: Log,
  adapters?: StoredAdapters,
  states: StatesOf = storedStates(config.home, log),
): Engine {
  const upstreams = openUpstreams(config, log)
  const embedded = () => openEmbedded(models, config, log, states, adapters)
  if (upstreams.length === 0) return embedded()
  return severalEngines(models.length === 0 ? null : embedded(), upstreams)
}

/** Engines for the other servers that answer here. They begin to look at them at once. */
function openUpstreams(config: Config, log: Log): UpstreamEngine[] {
  const entries = Object.entries(config.upstreams)
  const keys = entries.map(([name, { key_env: variable }]) => keyOf(name, variable))
  return entries.map(([name, settings], index) =>
    upstreamEngine({
      name,
      urls: settings.url,
      key: keys[index] ?? null,
      kind: settings.kind,
      names: namesOf(settings.models),
      abilities: settings.abilities,
      contextTokens: settings.context,
      atOnce: settings.at_once,
      perAccount: config.limits.queue_per_key,
      connectMilliseconds: settings.connect_seconds * 1000,
      firstByteMilliseconds: settings.first_byte_seconds * 1000,
      idleMilliseconds: settings.idle_seconds * 1000,
      healthMilliseconds: settings.health_seconds * 1000,
      log: ({ type, ...facts }) => log(levels[type], type, facts),
    }),
  )
}

/** Keys come from the environment alone: a file is copied, shown and backed up too easily. */
function keyOf(name: string, variable: string | undefined): string | null {
  if (variable === undefined) return null
  const key = process.env[variable]
  if (key !== undefined && /^[\x21-\x7e]+$/.test(key)) return key
  throw elpisError('config_invalid', {
    where: `upstreams.${name}.key_env`,
    problem: `the variable ${variable} ${key === undefined ? 'is not set' : 'holds no key'}`,
    suggestion: 'Set it where the server is started, or leave key_env out when no key is needed.',
  })
}

function namesOf(models: UpstreamSettings['models']): Map<string, string> {
  return new Map(Array.isArray(models) ? models.map((name) => [name, name]) : Object.entries(models))
}

/**
 * The embedded engine, one process a model, as the settings want it. It begins to load at once.
 *
 * @throws `model_does_not_fit`
 */
function openEmbedded(
  models: readonly PreparedModel[],
  config: Config,
  log: Log,
  states: StatesOf,
  adapters?: StoredAdapters,
): Engine {
  const budget = memoryBudget(config.engine)
  const files = models.map(({ manifest, paths, header, draft }) => ({
    ...(draft === undefined ? {} : { draft: draftFile(draft, config.engine) }),
    states: () => states({ manifest, paths, header }),
    ...folderIn(adapters, manifest.name),
    id: manifest.name,
    digest: manifest.digest,
    licence: manifest.licence.id === 'not-stated' ? null : manifest.licence.id,
    createdAt: Date.parse(manifest.pulledAt),
    path: paths[0] ?? '',
    files: paths,
    abilities: abilitiesOf(header),
    nature: natureOf(header),
    bytes:
      servedMemory(header, config.engine).total +
      (draft === undefined ? 0 : draftMemory(draft.header, config.engine).total),
    sizes: layerSizes(header, servedMemory(header, config.engine)),
    pinned: config.models.pin.includes(manifest.name),
  }))
  checkPins(config, files)
  checkDrafts(config, files)
  checkFits(files, budget)
  const keepAlive = config.models.keep_alive
  return embeddedEngine({
    models: files,
    settings: config.engine,
    queue: config.limits.queue,
    queuePerKey: config.limits.queue_per_key,
    ...(adapters === undefined ? {} : { adapters }),
    ...gpuFor(config),
    prefixes: prefixFiles(config),
    house: { budget, keepAlive: keepAlive === 0 ? null : keepAlive * 1000 },
    log: ({ type, ...facts }) => log(levels[type], type, facts),
  })
}

function draftFile({ manifest, paths, header }: PreparedModel, settings: Config['engine']) {
  return {
    name: manifest.name,
    path: paths[0] ?? '',
    files: paths,
    bytes: draftMemory(header, settings).total,
  }
}

function natureOf(header: PreparedModel['header']): ModelNature {
  const { architecture, parameters, quantisation } = describeModel(header)
  const plain = (text: string | null) => (text === null ? null : printable(text).slice(0, 100))
  return { architecture: plain(architecture), parameters, quantisation: plain(quantisation) }
}

function prefixFiles({ home, engine }: Config): PrefixFiles {
  return new PrefixFiles(join(home, 'prefixes'), engine.prefix_disk * 1024 * 1024, engine.shared_prompts)
}

/** @throws `gpu_unknown` when what is wanted is not installed */
function gpuFor({ home, engine }: Config): Pick<Parameters<typeof embeddedEngine>[0], 'gpu'> {
  const kind = chosenGpu(home, engine.gpu)
  if (kind === null) return {}
  const libraries = gpuLibraries(home, kind)
  if (libraries !== null) return { gpu: { kind, libraries } }
  throw elpisError('gpu_unknown', {
    kind,
    suggestion: `\`elpis gpu add ${kind}\` installs it, where there is one.`,
  })
}

function folderIn(adapters: StoredAdapters | undefined, model: string): { readonly adaptersFolder?: string } {
  const folder = adapters?.folderOf(model)
  return folder === undefined ? {} : { adaptersFolder: folder }
}

/** @throws `config_invalid` when something drafts for a model that is not served */
function checkDrafts({ models, sources, file }: Config, served: readonly { readonly id: string }[]): void {
  const names = served.map(({ id }) => id)
  const stranger = models.draft.find((pair) => !names.some((name) => draftOf(name, [pair]) !== null))
  if (stranger === undefined) return
  throw elpisError('config_invalid', {
    where: sources.get('models.draft') ?? file,
    problem: `models.draft: "${stranger}" is for a model that is not served`,
    suggestion: `Name one of ${names.join(', ')} before the "=".`,
  })
}

/** @throws `config_invalid` when a model is pinned that is not served */
function checkPins({ models, sources, file }: Config, served: readonly { readonly id: string }[]): void {
  const names = served.map(({ id }) => id)
  const stranger = models.pin.find((name) => !names.includes(name))
  if (stranger === undefined) return
  throw elpisError('config_invalid', {
    where: sources.get('models.pin') ?? file,
    problem: `models.pin: "${stranger}" is not served`,
    suggestion: `Pin what models.serve lists: ${names.join(', ')}.`,
  })
}
