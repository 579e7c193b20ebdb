import { bytesOf } from '../weights/manifest.ts'
import { formatBytes } from '../weights/quantity.ts'
import { openStore } from '../weights/store.ts'
import { defineCommand } from './command.ts'
import { ProgressBar } from './progress-bar.ts'

/** What was received is not what was promised (see `errors.ts`). */
const notAsPromised = 6

export const verify = defineCommand({
  name: 'verify',
  summary: 'Hash the files of models again and compare with what was pulled.',
  usage: '[NAME…]',
  details:
    'Without a name all models are checked. Exit code 6 when a file is not what it was; it is taken out of use.',
  examples: ['elpis verify', 'elpis verify qwen3:4b --json'],
  positionals: [0, 100],
  async run({ positionals, config, json, signal, terminal }) {
    const store = openStore(config().modelsFolder)
    const stored = await store.list()
    const names = positionals.length > 0 ? positionals : stored.models.map(({ name }) => name)
    const damaged = positionals.length > 0 ? [] : stored.damaged
    const bar = new ProgressBar({
      write: (text) => void process.stderr.write(text),
      interactive: process.stderr.isTTY && !json,
      columns: terminal.columns,
    })
    const results = []
    for (const name of names) {
      const total = bytesOf(await store.find(name))
      let hashed = 0
      const onBytes = (bytes: number) => {
        hashed += bytes
        if (process.stderr.isTTY && !json) bar.show(name, hashed, total)
      }
      const files = await store.verify(name, { signal, onBytes })
      bar.clear()
      const wrong = files.filter(({ actual, expected }) => actual !== expected)
      for (const { expected, actual } of wrong) if (actual !== null) await store.setAside(expected)
      results.push({ name, ok: wrong.length === 0, files })
      if (json) continue
      if (wrong.length === 0) terminal.print(`${name}: as it was pulled (${formatBytes(total)})`)
      for (const { name: file, expected, actual } of wrong) {
        terminal.print(
          actual === null
            ? `${name}: ${file} is missing`
            : `${name}: ${file} is DAMAGED: sha256 ${actual} instead of ${expected}; it was moved to ${store.folder}/damaged`,
        )
      }
      if (wrong.length > 0) terminal.print(`  Bring it back: elpis pull ${name}`)
    }
    if (json) terminal.print(JSON.stringify({ models: results, damaged }))
    else {
      for (const { name, problem } of damaged) terminal.print(`${name}: its record is DAMAGED (${problem})`)
      if (results.length + damaged.length === 0) terminal.print('No models to check.')
    }
    return results.every(({ ok }) => ok) && damaged.length === 0 ? 0 : notAsPromised
  },
})
