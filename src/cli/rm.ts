import { formatBytes } from '../weights/quantity.ts'
import { openStore } from '../weights/store.ts'
import { defineCommand } from './command.ts'

export const rm = defineCommand({
  name: 'rm',
  summary: 'Remove models from this machine.',
  usage: 'NAME…',
  details: 'Files that another model shares stay. A server that has the model loaded keeps it until it ends.',
  examples: ['elpis rm qwen3:4b'],
  positionals: [1, 100],
  async run({ positionals, config, json, terminal }) {
    const store = openStore(config().modelsFolder)
    const removed: { name: string; freed: number }[] = []
    for (const name of positionals) {
      const freed = await store.remove(name)
      removed.push({ name, freed })
      if (!json) terminal.print(`Removed ${name}, ${formatBytes(freed)} freed.`)
    }
    if (json) terminal.print(JSON.stringify({ removed }))
  },
})
