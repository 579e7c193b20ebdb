import { resolve } from 'node:path'
import { connectControl } from '../api/control/client.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { elpisError } from '../errors.ts'
import { openAdapterStore, type AdapterRecord } from '../weights/adapter-store.ts'
import { checkAdapter } from '../weights/gguf/check-adapter.ts'
import { checkWeights } from '../weights/gguf/check.ts'
import { borrowFile, licenceOfFile } from '../weights/pull/borrow-file.ts'
import { keep, type AcceptedLicence } from '../weights/pull/pull.ts'
import { formatBytes } from '../weights/quantity.ts'
import { openStore } from '../weights/store.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { ownLicences } from './own-licences.ts'
import { agreed } from './pull.ts'
import { table } from './table.ts'

const modelOption = {
  type: 'string',
  short: 'm',
  value: 'MODEL',
  description: 'The model that it is for, as `elpis models` names it. Needed.',
} as const

const add = defineCommand({
  name: 'add',
  summary: 'Add an adapter (LoRA, a GGUF file) to a model on this machine.',
  usage: 'NAME FILE|REFERENCE',
  details:
    'A file of this machine, or hf:…, https:… and pypi:… as for `elpis pull`. It is checked against the model and copied into the store. A running server has it at once: ask for MODEL+NAME.',
  examples: ['elpis adapters add support-tone ./support-tone.gguf --model qwen3:4b'],
  options: {
    model: modelOption,
    'accept-license': {
      type: 'boolean',
      description: 'Accept the licence of the adapter; without it you are asked on a terminal.',
    },
  },
  positionals: [2, 2],
  async run({ positionals: [name = '', file = ''], options, config, json, terminal, signal }) {
    const store = openStore(config().modelsFolder)
    const model = await store.find(needed(options.model))
    const base = {
      name: model.name,
      digest: model.digest,
      header: await checkWeights(await store.paths(model.name)),
    }
    const add = async (path: string, reference: string, licence: AcceptedLicence) =>
      await openAdapterStore(store.folder).add({
        name,
        model: base,
        path,
        reference,
        licence: await keep(store, licence),
        now: systemClock.now(),
      })
    const addHere = async (path: string) => {
      // What is no adapter of this model needs no licence.
      await checkAdapter(path, base.header)
      return await add(path, file, await licenceOfFile(path, file, { acceptLicence }))
    }
    const { acceptLicence } = ownLicences(
      config(),
      `${model.name}+${name}`,
      async (licence) =>
        options['accept-license'] === true || (await agreed(licence, json ? null : terminal)),
    )
    const added = isReference.test(file)
      ? await borrowFile(file, { store, signal, acceptLicence }, add)
      : await addHere(resolve(file))
    const served = await tellServer(config())
    if (json) {
      terminal.print(JSON.stringify(added))
      return
    }
    terminal.print(`Added ${model.name}+${name}: rank ${added.rank}, ${formatBytes(added.bytes)}.`)
    if (served.includes(`${model.name}+${name}`)) terminal.note('The running server has it.')
  },
})

/** What is fetched rather than read where it lies. */
const isReference = /^(?:hf|https?|pypi|file):/

const list = defineCommand({
  name: 'list',
  summary: 'List the adapters on this machine.',
  examples: ['elpis adapters list', 'elpis adapters list --json'],
  async run({ config, json, terminal }) {
    const all = await openAdapterStore(config().modelsFolder).list()
    if (json) terminal.print(JSON.stringify({ adapters: all }))
    else if (all.length === 0)
      terminal.note('There are no adapters yet. `elpis adapters add NAME FILE --model MODEL` adds one.')
    else terminal.print(tableOf(all))
  },
})

const rm = defineCommand({
  name: 'rm',
  summary: 'Remove an adapter. Answers that use it go on to their end.',
  usage: 'NAME',
  examples: ['elpis adapters rm support-tone --model qwen3:4b'],
  options: { model: modelOption },
  positionals: [1, 1],
  async run({ positionals: [name = ''], options, config, json, terminal }) {
    const wanted = needed(options.model)
    const adapters = openAdapterStore(config().modelsFolder)
    const removed = await adapters.remove(name, await digestOf(wanted, config()))
    await tellServer(config())
    terminal.print(json ? JSON.stringify(removed) : `Removed ${wanted}+${name}.`)
  },
})

export const adapters: CommandGroup = {
  name: 'adapters',
  summary: 'Add, list and remove adapters (LoRA) of models.',
  commands: [add, list, rm],
}

function needed(model: string | undefined): string {
  if (model !== undefined) return model
  throw elpisError('usage', {
    problem: '--model is missing.',
    suggestion: 'Say which model it is for: `--model smollm2:135m`.',
  })
}

/** Of the model itself or, when that was removed, of what an adapter was added for by that name. */
async function digestOf(model: string, { modelsFolder }: Config): Promise<string> {
  const store = openStore(modelsFolder)
  const orphan = (await openAdapterStore(modelsFolder).list()).find((adapter) => adapter.model === model)
  return (await store.lookup(model))?.digest ?? orphan?.base ?? (await store.find(model)).digest
}

/** @returns what the running server serves now; nothing when there is none */
async function tellServer({ home }: Config): Promise<readonly string[]> {
  const server = await connectControl(home)
  if (server === null) return []
  try {
    return await server.refreshAdapters()
  } finally {
    await server.close()
  }
}

function tableOf(all: readonly AdapterRecord[]): string {
  const rows = all.map(({ model, name, rank, matrices, bytes, addedAt, sha256 }) => [
    `${model}+${name}`,
    String(rank),
    String(matrices),
    formatBytes(bytes),
    addedAt.slice(0, 10),
    sha256.slice(0, 12),
  ])
  return table([['NAME', 'RANK', 'MATRICES', 'SIZE', 'ADDED', 'SHA-256'], ...rows], [1, 2, 3])
}
