import { existsSync } from 'node:fs'
import type { Config } from '../config.ts'
import { elpisError, ElpisError } from '../errors.ts'
import { servedMemory } from '../server/model-memory.ts'
import { checkWeights } from '../weights/gguf/check.ts'
import { describeModel } from '../weights/gguf/describe.ts'
import { printable } from '../weights/gguf/printable.ts'
import { readGguf, readGgufArray, type Gguf } from '../weights/gguf/read.ts'
import type { Manifest } from '../weights/manifest.ts'
import { openStore } from '../weights/store.ts'
import { defineCommand } from './command.ts'
import { inspectionJson } from './inspection-json.ts'
import { inspectionText, metadataText, tensorsText, type Inspection } from './inspection.ts'

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Show what a model file says of itself, and what it will need.',
  usage: 'MODEL|FILE',
  details:
    'Reads the header only, and checks it as a server does before loading. Exit code 6 when the model cannot be served.',
  examples: [
    'elpis inspect smollm2:135m',
    'elpis inspect ./model.gguf --context 32768',
    'elpis inspect qwen3:4b --template',
  ],
  positionals: [1, 1],
  options: {
    context: {
      type: 'string',
      value: 'TOKENS',
      description: 'Context for the estimate of memory; engine.context unless told.',
    },
    tensors: { type: 'boolean', description: 'List all tensors.' },
    metadata: { type: 'boolean', description: 'List all keys with their values.' },
    template: { type: 'boolean', description: 'Print the chat template only.' },
  },
  async run({ options, positionals, config, json, terminal }) {
    const found = await find(positionals[0] ?? '', config())
    const { model, problem } = await read(found.paths)
    const summary = describeModel(model)
    if (options.template === true) {
      if (json) terminal.print(inspectionJson({ template: summary.chatTemplate }))
      else if (summary.chatTemplate === null) terminal.note('This model has no chat template.')
      else terminal.print(printable(summary.chatTemplate, true))
      return 0
    }
    const inspection: Inspection = {
      ...found,
      model,
      problem,
      summary,
      specialTokens: await specialTokens(model, summary.specialTokens),
      memory: memoryOf(model, contextOf(options.context, config(), summary.trainedContextTokens), config()),
    }
    if (json) {
      terminal.print(inspectionJson(inspection, options))
    } else {
      const parts = [inspectionText(inspection, terminal.interactive)]
      if (options.metadata === true) parts.push(metadataText(model))
      if (options.tensors === true) parts.push(tensorsText(model))
      terminal.print(parts.join('\n\n'))
    }
    return problem === null ? 0 : problem.exit
  },
})

/** A path names a file; anything else a model of the store, or a file when there is no such model. */
async function find(
  name: string,
  { modelsFolder }: Config,
): Promise<{ name: string; paths: readonly string[]; manifest: Manifest | null }> {
  if (/[/\\]|\.gguf$/i.test(name)) return { name, paths: [name], manifest: null }
  const store = openStore(modelsFolder)
  if (existsSync(name) && (await store.lookup(name)) === null) return { name, paths: [name], manifest: null }
  return { name, manifest: await store.find(name), paths: await store.paths(name) }
}

/** A header that cannot be read ends here; a model that only cannot be served is still shown. */
async function read(paths: readonly string[]): Promise<{ model: Gguf; problem: ElpisError | null }> {
  const model = await readGguf(paths[0] ?? '')
  try {
    return { model: await checkWeights(paths), problem: null }
  } catch (error) {
    if (error instanceof ElpisError) return { model, problem: error }
    throw error
  }
}

function contextOf(typed: string | undefined, config: Config, trained: number | null): number {
  if (typed === undefined) return Math.min(config.engine.context, trained ?? config.engine.context)
  const tokens = Number(typed)
  if (!/^\d+$/.test(typed) || tokens < 1 || tokens > 10_000_000) {
    throw elpisError('usage', {
      problem: `"${printable(typed)}" is no number of tokens.`,
      suggestion: 'Give --context a whole number from 1 to 10000000.',
    })
  }
  return tokens
}

/** For one answer alone, and for as many as the server is set to make at once. */
function memoryOf(model: Gguf, contextTokens: number, { engine }: Config): Inspection['memory'] {
  const cacheTokens = engine.cache === 0 ? 4 * contextTokens : engine.cache
  const settings = { ...engine, context: contextTokens }
  return {
    contextTokens,
    sequences: engine.sequences,
    cacheTokens,
    alone: servedMemory(model, { ...settings, sequences: 1, cache: contextTokens }),
    served: servedMemory(model, settings),
  }
}

async function specialTokens(
  model: Gguf,
  ids: ReadonlyMap<string, number>,
): Promise<Inspection['specialTokens']> {
  const texts = ids.size === 0 ? [] : await readGgufArray(model, 'tokenizer.ggml.tokens')
  return [...ids].map(([name, id]) => {
    const text = texts[id]
    return { name, id, text: typeof text === 'string' ? text : null }
  })
}
