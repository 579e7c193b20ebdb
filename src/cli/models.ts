import { catalogue, catalogueBytes, catalogueLicence } from '../weights/catalogue.ts'
import { connectControl } from '../api/control/client.ts'
import { bytesOf } from '../weights/manifest.ts'
import { formatBytes } from '../weights/quantity.ts'
import { bytesOnDisk, openStore, type StoredModels } from '../weights/store.ts'
import { defineCommand, type Terminal } from './command.ts'
import { table } from './table.ts'

export const models = defineCommand({
  name: 'models',
  summary: 'List the models on this machine, or those that can be pulled by name.',
  examples: ['elpis models', 'elpis models --catalogue', 'elpis models --json'],
  options: {
    catalogue: {
      type: 'boolean',
      short: 'c',
      description: 'List what can be pulled, with size and licence.',
    },
  },
  async run({ options, config, json, terminal }) {
    const stored = await openStore(config().modelsFolder).list()
    if (options.catalogue === true) showCatalogue(stored, json, terminal)
    else showStored(stored, config().modelsFolder, await statesOf(config().home), json, terminal)
  },
})

/** What a running server says of each model that it serves; null when there is none. */
async function statesOf(home: string): Promise<ReadonlyMap<string, string> | null> {
  const server = await connectControl(home).catch(() => null)
  if (server === null) return null
  await server.close()
  return new Map(server.status.models?.map(({ model, state }) => [model, state]))
}

function showStored(
  stored: StoredModels,
  folder: string,
  states: ReadonlyMap<string, string> | null,
  json: boolean,
  terminal: Terminal,
): void {
  if (json) {
    const served = states === null ? null : Object.fromEntries(states)
    terminal.print(JSON.stringify({ folder, ...stored, served }))
    return
  }
  if (stored.models.length === 0) {
    terminal.print(
      'No models yet. `elpis models --catalogue` lists what can be pulled, `elpis pull NAME` does it.',
    )
  } else {
    const rows = stored.models.map((model) => [
      model.name,
      model.summary.parameters ?? '?',
      model.summary.quantisation ?? '?',
      formatBytes(bytesOf(model)),
      model.summary.context === null ? '?' : tokens(model.summary.context),
      model.licence.id,
      model.pulledAt.slice(0, 10),
      ...(states === null ? [] : [states.get(model.name) ?? 'not served']),
    ])
    const head = ['NAME', 'PARAMETERS', 'WEIGHTS', 'SIZE', 'CONTEXT', 'LICENCE', 'PULLED']
    if (states !== null) head.push('STATE')
    terminal.print(table([head, ...rows], [3, 4]))
    if (stored.models.length > 1) terminal.print(`${formatBytes(bytesOnDisk(stored.models))} in ${folder}`)
  }
  for (const { name, problem } of stored.damaged) {
    terminal.note(
      `The record of ${name} is damaged (${problem}). Mend it: elpis rm ${name} && elpis pull ${name}`,
    )
  }
}

function showCatalogue(stored: StoredModels, json: boolean, terminal: Terminal): void {
  const here = new Set(stored.models.map(({ name }) => name))
  const entries = catalogue()
  if (json) {
    terminal.print(
      JSON.stringify({ models: entries.map((entry) => ({ ...entry, pulled: here.has(entry.name) })) }),
    )
    return
  }
  const rows = entries.map((entry) => [
    here.has(entry.name) ? '*' : '',
    entry.name,
    entry.parameters,
    entry.quantisation,
    formatBytes(catalogueBytes(entry)),
    tokens(entry.context),
    entry.purpose,
    entry.licence + (catalogueLicence(entry).needsAcceptance ? ' (to accept)' : ''),
  ])
  const head = ['', 'NAME', 'PARAMETERS', 'WEIGHTS', 'SIZE', 'CONTEXT', 'FOR', 'LICENCE']
  terminal.print(table([head, ...rows], [4, 5]))
  terminal.print(
    '\n* on this machine. Fetch one with `elpis pull NAME`; any other GGUF file with hf:ORG/REPO/FILE.gguf',
  )
}

/** Tokens in thousands of 1024, as contexts are named. */
function tokens(count: number): string {
  return count >= 1024 ? `${Math.round(count / 1024)}k` : String(count)
}
