/**
 * Speed of the engine over HTTP, beside its peers in the same run: `npm run bench:engine`.
 *
 * node-llama-cpp is installed into `bench/` on the first run. `LLAMA_SERVER=/path/to/llama-server` adds llama.cpp's own
 * server; see bench/README.md for how to build it with the same kernels. `ONLY=elpis,elpis-fast` measures some of them,
 * `ROUNDS=1` in a hurry. Measured only when named: `elpis-fast` (engine.attention), `elpis-draft` (the first six layers draft).
 */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeFirstLayers } from '../test/tiny-models/first-layers.ts'
import { realModelPath } from '../test/support/real-model.ts'
import { busyNeighbour, elpis, llamaRouter, llamaServer, nodeLlamaCpp, type Contender } from './contenders.ts'
import type { LoadFigures, Target } from './load.ts'
import { jsonSchema, longPrompt, mixedLoad, sharedPrompt, twoInTurn, type Figures } from './scenarios.ts'

const streamCounts = [1, 4, 8, 16]
const tokens = 128
const only = (process.env['ONLY'] ?? 'elpis,node-llama-cpp,llama-server').split(',')
const rounds = Number(process.env['ROUNDS'] ?? 3)
const root = fileURLToPath(new URL('..', import.meta.url))
const [loadBefore = 0] = loadavg()

interface Row extends LoadFigures {
  readonly contender: string
  readonly streams: number
  readonly neighbour: boolean
  readonly memoryBytes: number
}

const scenarios = {
  'a prompt of 2,500 tokens by itself': longPrompt,
  'sixteen people, one system prompt of 1,000 tokens': sharedPrompt,
  'two prompts of 2,000 tokens beside four chats': mixedLoad,
  'eight answers after a JSON schema': jsonSchema,
}

interface ScenarioRow {
  readonly scenario: string
  readonly contender: string
  readonly figures: Figures
}

const scenarioRows: ScenarioRow[] = []
const model = await realModelPath()
const home = mkdtempSync(join(tmpdir(), 'elpis-bench-'))
const rows: Row[] = []
const commands = new Map<string, string>()
/** What a contender could not do, in words: published with the figures. */
const failures: string[] = []
/** Room for one of the two models, and both are served. */
const oneAtATime = { ELPIS_MODELS_SERVE: 'bench,other', ELPIS_ENGINE_MEMORY: '1500' }
/** A round that takes longer counts as failed. */
const longestRoundSeconds = 45
try {
  const key = await prepareHome()
  if (!existsSync(join(root, 'bench/node_modules/node-llama-cpp'))) {
    run('npm', ['install', '--ignore-scripts', '--prefix', join(root, 'bench')])
  }
  const binary = process.env['LLAMA_SERVER']
  const starts: Readonly<Record<string, () => Promise<Contender>>> = {
    elpis: () => elpis(home, key, 'bench'),
    'elpis-fast': () => elpis(home, key, 'bench', { ELPIS_ENGINE_ATTENTION: 'fast' }, 'elpis-fast'),
    'elpis-draft': () => elpis(home, key, 'bench', { ELPIS_MODELS_DRAFT: 'bench=six' }, 'elpis-draft'),
    'node-llama-cpp': () => nodeLlamaCpp(model),
    ...(binary === undefined ? {} : { 'llama-server': () => llamaServer(binary, model) }),
  }
  const chosen = Object.entries(starts).flatMap(([name, start]) => (only.includes(name) ? [start] : []))
  for (const neighbour of [false, true]) for (const start of chosen) await measure(start, neighbour)
  if (only.includes('elpis')) await measureTurns(() => elpis(home, key, 'bench', oneAtATime))
  if (binary !== undefined && only.includes('llama-server'))
    await measureTurns(() => llamaRouter(binary, join(home, 'both'), 'bench'))
  report()
} finally {
  rmSync(home, { recursive: true, force: true })
}

/** One contender at a time, so that none is another's neighbour; the median round counts. */
async function measure(start: () => Promise<Contender>, neighbour: boolean): Promise<void> {
  const contender = await start()
  const stopNeighbour = neighbour ? busyNeighbour() : null
  commands.set(contender.name, contender.command)
  try {
    await inTime(contender.round(1, 16))
    for (const streams of streamCounts) {
      const results: LoadFigures[] = []
      for (let round = 0; round < rounds; round++)
        results.push(await inTime(contender.round(streams, tokens)))
      results.sort((a, b) => a.tokensPerSecond - b.tokensPerSecond)
      const median = results[Math.floor(results.length / 2)]
      if (median === undefined) throw new Error('ROUNDS must be 1 or more.')
      rows.push({ contender: contender.name, streams, neighbour, memoryBytes: contender.memory(), ...median })
      console.error(
        `${contender.name} ${streams} streams${neighbour ? ' with a neighbour' : ''}: ${median.tokensPerSecond.toFixed(0)} tokens/s`,
      )
    }
    if (!neighbour) await measureScenarios(contender)
  } catch (error) {
    const where = neighbour ? ' with a busy neighbour' : ''
    failures.push(`${contender.name}${where}: ${(error as Error).message}`)
    console.error(failures.at(-1))
  } finally {
    await stopNeighbour?.()
    await contender.stop()
  }
}

/** Only where there is HTTP to ask over. */
async function measureScenarios(contender: Contender): Promise<void> {
  for (const [scenario, ask] of Object.entries(scenarios)) await measureScenario(scenario, contender, ask)
}

/** A scenario that fails is published as such. */
async function measureScenario(
  scenario: string,
  { name, target }: Contender,
  ask: (target: Target) => Promise<Figures>,
): Promise<void> {
  if (target === null) return
  try {
    const figures = await inTime(ask(target))
    scenarioRows.push({ scenario, contender: name, figures })
    console.error(`${name}, ${scenario}: ${inWords(figures)}`)
  } catch (error) {
    failures.push(`${name}, ${scenario}: ${(error as Error).message}`)
    console.error(failures.at(-1))
  }
}

async function measureTurns(start: () => Promise<Contender>): Promise<void> {
  const contender = await start()
  try {
    await measureScenario('two models of which one fits, by turns', contender, (target) =>
      twoInTurn(target, 'other'),
    )
  } finally {
    await contender.stop()
  }
}

function inWords(figures: Figures): string {
  return Object.entries(figures)
    .map(([figure, value]) => `${figure} ${value.toFixed(1)}`)
    .join(', ')
}

function inTime<Result>(round: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const message = `a round was not done within ${longestRoundSeconds} s; rows after it were not measured`
  const timer = setTimeout(() => reject(new Error(message)), longestRoundSeconds * 1000)
  return Promise.race([round, promise]).finally(() => clearTimeout(timer))
}

async function prepareHome(): Promise<string> {
  const environment = { ...process.env, ELPIS_HOME: home }
  const both = join(home, 'both')
  mkdirSync(both)
  copyFileSync(model, join(both, 'bench.gguf'))
  writeFileSync(join(both, 'other.gguf'), renamed(readFileSync(model)))
  const draft = only.includes('elpis-draft') ? ['six'] : []
  for (const name of draft) await writeFirstLayers(model, 6, join(both, `${name}.gguf`))
  for (const name of ['bench', 'other', ...draft]) {
    const reference = `file:${join(both, `${name}.gguf`)}`
    const words = ['bin/elpis.js', 'pull', reference, '--name', name, '--accept-license']
    run(process.execPath, words, environment)
  }
  // Everything is judged and logged as by default. But answers must be as long as was asked for, so what `standard` would
  // stop is noted instead.
  const standard = readFileSync(join(root, 'policies/standard.toml'), 'utf8')
  mkdirSync(join(home, 'policies'))
  writeFileSync(
    join(home, 'policies/bench.toml'),
    standard
      .replace('name = "standard"', 'name = "bench"')
      .replaceAll(/(input|output) = "block"/g, '$1 = "flag"'),
  )
  writeFileSync(join(home, 'elpis.toml'), '[models]\nserve = ["bench"]\n[guard]\npolicy = "bench"\n')
  const created = run(
    process.execPath,
    ['bin/elpis.js', 'keys', 'create', '--name', 'bench', '--json'],
    environment,
  )
  return (JSON.parse(created) as { key: string }).key
}

/** The same weights as another file: their name is written in other letters. */
function renamed(gguf: Buffer): Buffer {
  const key = gguf.indexOf('general.name')
  if (key === -1) throw new Error('The model has no name.')
  // A GGUF string: its key, its type (four bytes), its length (eight), its bytes.
  const at = key + 'general.name'.length + 12
  const copy = Buffer.from(gguf)
  copy[at] = (copy[at] ?? 0) ^ 0x20
  return copy
}

function run(command: string, words: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd: root, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stderr}`)
  return stdout
}

function report(): void {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const base = (row: Row) =>
    rows.find(
      (other) =>
        other.contender === 'elpis' && other.streams === row.streams && other.neighbour === row.neighbour,
    )
  const lines = [
    `# Engine over HTTP, ${date}`,
    '',
    `Machine: ${machine}, load ${loadBefore.toFixed(1)} before the run. SmolLM2-135M-Instruct Q4_1, ${tokens} tokens an answer, greedy; median of ${rounds} rounds.`,
    'Command: `npm run bench:engine`. Elpis runs with keys, transparency log and guard: the policy `standard`, noting what it would stop.',
    '',
    ...[...commands].map(([name, command]) => `- ${name}: \`${command}\``),
    ...failures.map((failure) => `- Failed: ${failure}.`),
    '',
    '| contender | streams | busy neighbour | tokens/s | Elpis is … times as fast | first token p50 ms | p95 ms | memory MiB |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(
      (row) =>
        `| ${row.contender} | ${row.streams} | ${row.neighbour ? 'yes' : 'no'} | ${row.tokensPerSecond.toFixed(0)} | ${(
          (base(row)?.tokensPerSecond ?? Number.NaN) / row.tokensPerSecond
        ).toFixed(
          2,
        )} | ${row.firstTokenP50.toFixed(0)} | ${row.firstTokenP95.toFixed(0)} | ${(row.memoryBytes / 2 ** 20).toFixed(0)} |`,
    ),
    '',
    '| scenario | contender | figures |',
    '|---|---|---|',
    ...scenarioRows.map(
      ({ scenario, contender, figures }) => `| ${scenario} | ${contender} | ${inWords(figures)} |`,
    ),
    '',
  ]
  writeFileSync(join(root, `bench/results/engine-${date}.md`), lines.join('\n'))
  writeFileSync(
    join(root, `bench/results/engine-${date}.json`),
    `${JSON.stringify({ date, machine, tokens, rounds, rows, scenarioRows, failures }, null, 1)}\n`,
  )
  console.log(lines.join('\n'))
}
