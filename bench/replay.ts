/**
 * What tells an honest answer from another one when it is computed again in few passes: how much its tokens lose against
 * what would be chosen. Answers are made with one model and replayed on the same CPU level, on others, with other
 * quantisations (named on the command line) and with a changed system prompt.
 * Usage: sh bin/node.sh bench/replay.ts MODEL.gguf LEVEL,… [OTHER.gguf …]
 */
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { settings } from '../src/config.ts'
import type { ChatMessage } from '../src/core/request.ts'
import { plainSampling } from '../src/core/request.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import { judgeReplay, meanMargin } from '../src/provenance/replay.ts'
import { engineRequest } from '../test/support/engine-request.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { answers: { type: 'string', default: '16' }, tokens: { type: 'string', default: '300' } },
})
const [path, levels = 'haswell', ...others] = positionals
if (path === undefined) throw new Error('name a GGUF file')
const [answers, tokens] = [Number(values.answers), Number(values.tokens)]
const subjects = [
  'a lighthouse',
  'a baker',
  'two rivers',
  'the first train',
  'an old map',
  'a lost dog',
  'a clock',
]
const system = 'You are a helpful assistant who tells long stories.'
const sampling = { ...plainSampling, temperature: 0.7, topK: 50 }

interface Made {
  readonly question: string
  readonly seed: number
  readonly tokens: readonly number[]
}

function open(file: string, level: string): EmbeddedEngine {
  return embeddedEngine({
    models: [{ id: 'm', path: file, digest: null, licence: null, createdAt: 0 }],
    settings: { ...settings.parse({}).engine, context: 2048, sequences: 16, cpu_level: level },
    queue: 64,
  })
}

function request(question: string, seed: number, systemPrompt = system) {
  const messages: ChatMessage[] = [
    { role: 'system', content: systemPrompt },
    { role: 'user', content: question },
  ]
  return engineRequest('m', question, {
    input: { kind: 'chat', messages },
    sampling: { ...sampling, seed },
    maxTokens: tokens,
    ignoreEos: true,
  })
}

async function finishOf(engine: EmbeddedEngine, asked: Parameters<EmbeddedEngine['generate']>[0]) {
  for await (const part of engine.generate(asked)) {
    if (part.type === 'error') throw part.error
    if (part.type === 'finish') return { tokens: part.tokens ?? [], margins: part.margins ?? [] }
  }
  throw new Error('the answer broke off')
}

async function make(engine: EmbeddedEngine): Promise<{ made: Made[]; seconds: number }> {
  const begun = performance.now()
  const made = await Promise.all(
    Array.from({ length: answers }, async (_, seed) => {
      const question = `Tell me about ${subjects[seed % subjects.length]}, part ${seed}.`
      return { question, seed, tokens: (await finishOf(engine, request(question, seed))).tokens }
    }),
  )
  return { made, seconds: (performance.now() - begun) / 1000 }
}

async function replay(name: string, engine: EmbeddedEngine, made: readonly Made[], systemPrompt = system) {
  const begun = performance.now()
  const margins: (readonly number[])[] = []
  for (const { question, seed, tokens: recorded } of made) {
    const asked = {
      ...request(question, seed, systemPrompt),
      recorded: { choice: 0, tokens: recorded, renderedAt: Date.now() },
    }
    margins.push((await finishOf(engine, asked)).margins)
  }
  const seconds = (performance.now() - begun) / 1000
  const all = margins.flat()
  const means = margins.map(meanMargin).toSorted((left, right) => left - right)
  const share = all.filter((margin) => margin > 0).length / all.length
  const exact = name.startsWith('the same, ')
  const found = margins.filter((each) => !judgeReplay(each, exact).fits).length
  console.log(
    `${name.padEnd(42)} differ ${(100 * share).toFixed(2)} %  mean margin ${meanMargin(all).toFixed(4)}  ` +
      `least ${means[0]!.toFixed(4)}  greatest ${means.at(-1)!.toFixed(4)}  found ${found}/${means.length}  ${seconds.toFixed(1)} s`,
  )
  return all
}

const [level = '', ...otherLevels] = levels.split(',')
let engine = open(path, level)
const { made, seconds } = await make(engine)
console.log(`${answers} answers of ${tokens} tokens made together in ${seconds.toFixed(1)} s on ${level}`)
await replay(`the same, ${level}`, engine, made)
await replay('one word added to the system prompt', engine, made, system.replace('long', 'very long'))
await replay('another system prompt', engine, made, 'You are a pirate.')
await engine.close()
for (const other of otherLevels) {
  engine = open(path, other)
  await replay(`the same weights, ${other}`, engine, made)
  await engine.close()
}
for (const file of others) {
  engine = open(file, level)
  await replay(basename(file), engine, made)
  await engine.close()
}
