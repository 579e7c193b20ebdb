import { elpisError } from '../errors.ts'
import { bytesOf } from '../weights/manifest.ts'
import { formatBytes } from '../weights/quantity.ts'
import { openStore } from '../weights/store.ts'
import { keyOf } from './audit/keys-of.ts'
import { defineCommand, type Invocation } from './command.ts'
import { plainText } from './plain-text.ts'
import { ProgressBar } from './progress-bar.ts'

/** What was received is not what was promised (see `errors.ts`). */
const notAsPromised = 6

const options = {
  model: {
    type: 'string',
    value: 'NAME',
    description:
      'Of an answer: the weights to compute it with; those with the recorded digest when left out.',
  },
  key: {
    type: 'string',
    value: 'KEY|FILE',
    description: "Of an answer: the log's public key, got by another way than the file.",
  },
} as const

export const verify = defineCommand({
  name: 'verify',
  summary: 'Hash the files of models again, or check an exported answer. Offline.',
  usage: '[NAME…] | answer FILE',
  details:
    'Without a name all models are checked. Exit code 6 when a file is not what it was; it is taken out of use.\n\nOf an answer (see `elpis answer export`): that it is in the log, that the guard, judging again, says what the entry says it said, and that each token is what the recorded weights, template, prompt, sampler and seed choose. Exit code 6 when that does not hold. What could not be checked is said.',
  examples: ['elpis verify', 'elpis verify qwen3:4b --json', 'elpis verify answer answer.json --key log.pub'],
  options,
  positionals: [0, 100],
  async run(invocation) {
    const { positionals, config, json, signal, terminal } = invocation
    const [first, file, ...more] = positionals
    if (first === 'answer' && file !== undefined && more.length === 0) return await answer(invocation, file)
    if (
      first === 'answer' ||
      invocation.options.key !== undefined ||
      invocation.options.model !== undefined
    ) {
      throw elpisError('usage', {
        problem: 'An answer is checked as one file.',
        suggestion: 'elpis verify answer FILE [--model NAME] [--key KEY|FILE]',
      })
    }
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

/** Loads what it needs only when asked to: models are hashed without an engine. */
async function answer(
  { options: { key, model }, config, json, signal, terminal }: Invocation<typeof options>,
  file: string,
): Promise<number> {
  const { checkAnswer } = await import('./verify-answer.ts')
  const log = key === undefined ? null : await keyOf(key)
  const found = await checkAnswer(file, { config: config(), key: log, model: model ?? null, signal })
  if (json) terminal.print(JSON.stringify(found))
  else {
    const lines = [
      `${found.ok ? 'It holds' : 'IT DOES NOT HOLD'}: ${found.entry} in the log of ${found.log}.`,
      ...found.problems.map((problem) => `  WRONG: ${problem}.`),
      ...found.checked.map((what) => `  checked: ${what}.`),
      ...found.not_checked.map((what) => `  not checked: ${what}.`),
    ]
    terminal.print(plainText(lines.join('\n')))
  }
  return found.ok ? 0 : notAsPromised
}
