/**
 * The process of one model by itself, without HTTP: tokens a second at several streams, and how long a prompt of 2,500 tokens
 * takes; with exact and with fast attention, and with a draft model, in turns, with and without a busy neighbour.
 * Usage: sh bin/node.sh bench/engine-raw.ts MODEL.gguf [STREAMS,…] [DRAFT.gguf]; `NEIGHBOUR=no` leaves the busy one out.
 */
import { spawn } from 'node:child_process'
import type { LoadOptions } from '../src/engine/protocol.ts'
import { EngineChild } from '../test/support/engine-child.ts'

const [path, counts = '1,4,8,16', draft] = process.argv.slice(2)
if (path === undefined) throw new Error('name a GGUF file')
const rounds = Number(process.env['ROUNDS'] ?? 3)
const tokens = 128
const longTokens = 2500

function promptOf(question: string) {
  return [
    { text: '<|im_start|>user\n', control: true },
    { text: question, control: false },
    { text: '<|im_end|>\n<|im_start|>assistant\n', control: true },
  ]
}

const story = promptOf(
  'Write a long story about a small town by a river, its people, their work and their feasts, and one winter that none of them forgot.',
)

/** Tokens a second of all streams together, from the first token on. */
async function rateOf(engine: EngineChild, streams: number): Promise<number> {
  const begun = performance.now()
  const firsts: number[] = []
  await Promise.all(
    Array.from({ length: streams }, () => {
      let seen = false
      return engine.run({ prompt: story, maxTokens: tokens, ignoreEos: true }, (event) => {
        if (event.type === 'text' && !seen) firsts.push(performance.now() - begun)
        if (event.type === 'text') seen = true
      })
    }),
  )
  return ((tokens - 1) * streams) / ((performance.now() - begun - Math.max(...firsts)) / 1000)
}

/** Seconds to the first token after a long prompt that is in no cache. */
async function longPromptOf(engine: EngineChild, round: number): Promise<number> {
  const words = Array.from({ length: longTokens - 20 }, (_, index) => ['the', 'sea', 'and', 'all'][index % 4])
  const begun = performance.now()
  await engine.run({ prompt: promptOf(`${round} ${words.join(' ')}`), maxTokens: 1, cacheScope: `${round}` })
  return (performance.now() - begun) / 1000
}

const file = { name: 'draft', model: 'model', path: draft ?? '', files: [draft ?? ''], bytes: 0 }
const kinds: Readonly<Record<string, Partial<LoadOptions>>> = {
  exact: {},
  fast: { attention: 'fast' },
  ...(draft === undefined
    ? {}
    : { draft: { draft: file }, 'draft, always': { draft: file, drafts: 'always' } }),
}
const engines = new Map<string, EngineChild>()
const drafted = new Map<string, { readonly proposed: number; readonly right: number }>()
for (const [kind, options] of Object.entries(kinds)) {
  const engine = new EngineChild()
  const loaded = await engine.load({ path, contextTokens: 4096, cacheTokens: 16_384, ...options })
  if (engines.size === 0) console.log(`${loaded.description}, ${loaded.build}`)
  engine.onReport((report) => {
    if (report.type === 'step' && report.occupancy?.drafts !== undefined)
      drafted.set(kind, report.occupancy.drafts)
  })
  engines.set(kind, engine)
}

/** Measures all kinds in turns, and prints the median of each. */
async function compare(
  what: string,
  measure: (engine: EngineChild, round: number) => Promise<number>,
): Promise<void> {
  const figures = new Map([...engines.keys()].map((kind) => [kind, [] as number[]]))
  for (let round = 0; round < rounds; round++)
    for (const [kind, engine] of engines) figures.get(kind)!.push(await measure(engine, round))
  const medians = [...figures].map(([kind, values]) => {
    const median = values.toSorted((left, right) => left - right)[Math.floor(rounds / 2)]!
    return `${kind} ${median.toFixed(1)}`
  })
  console.log(`${what}: ${medians.join(' · ')}`)
}

for (const busy of process.env['NEIGHBOUR'] === 'no' ? [false] : [false, true]) {
  const neighbour = busy ? spawn(process.execPath, ['-e', 'for (;;);']) : null
  const beside = busy ? ', beside a busy process' : ''
  for (const streams of counts.split(',').map(Number))
    await compare(`${streams} streams, tokens/s${beside}`, (engine) => rateOf(engine, streams))
  if (!busy) await compare(`a prompt of ${longTokens} tokens, seconds`, longPromptOf)
  neighbour?.kill()
}
for (const [kind, { proposed, right }] of drafted)
  console.log(`${kind}: ${right} of ${proposed} drafted tokens were right`)
await Promise.all([...engines.values()].map((engine) => engine.close()))
