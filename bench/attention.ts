/**
 * Which types of keys and values the cache should have: processor time of one thread for a prompt, whether logits depend on how
 * the prompt is cut, and how far they are from those of f16 and 32-bit sums. Decides what `load-model.ts` takes.
 * Usage: sh bin/node.sh bench/attention.ts MODEL.gguf [CPU-LEVEL] [TOKENS]
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bind } from '../src/engine/child/binding.ts'
import { NativeModel } from '../src/engine/child/native-model.ts'
import { librariesFolder } from '../src/engine/native-libraries.ts'

const [path, level = 'haswell', count = '1500'] = process.argv.slice(2)
if (path === undefined) throw new Error('name a GGUF file')
const length = Number(count)
const stepTokens = 512
/** Tokens at the end whose logits are compared. */
const compared = 32
/** As ggml numbers its types. */
const type = { f16: 1, q8_0: 8, bf16: 30 } as const
type Name = keyof typeof type
const pairs: readonly (readonly [keys: Name, values: Name])[] = [
  // The quick paths, which sum in 32 bits; all others are held against them.
  ['f16', 'f16'],
  ['q8_0', 'q8_0'],
  ['q8_0', 'f16'],
  ['bf16', 'f16'],
  ['f16', 'bf16'],
]

const native = bind(librariesFolder())
native.llama_log_set(native.silence, null)
if (native.ggml_backend_load(join(librariesFolder(), `libggml-cpu-${level}.so`)) === null)
  throw new Error(`this machine has no ${level}`)
native.llama_backend_init()
const parameters = { ...native.llama_model_default_params(), use_extra_bufts: true }
const weights = native.llama_model_load_from_file(path, parameters)
if (weights === null) throw new Error('it cannot be loaded')
const vocabulary = native.llama_model_get_vocab(weights)
const vocabularySize = native.llama_vocab_n_tokens(vocabulary)
const text = readFileSync(new URL('../docs/architecture.md', import.meta.url)).subarray(0, 8 * length)
const tokens = new Int32Array(text.length)
native.llama_tokenize(vocabulary, text, text.length, tokens, tokens.length, false, false)

function open(keys: Name, values: Name): NativeModel {
  const context = native.llama_init_from_model(weights!, {
    ...native.llama_context_default_params(),
    n_ctx: length + stepTokens,
    n_batch: stepTokens,
    n_ubatch: stepTokens,
    n_outputs_max: compared,
    n_threads: 1,
    n_threads_batch: 1,
    kv_unified: true,
    type_k: type[keys],
    type_v: type[values],
  })
  if (context === null) throw new Error(`no context with keys in ${keys} and values in ${values}`)
  const shape = { threads: 1, rows: compared, stepTokens, vocabularySize, layers: [], stateWidth: 0 }
  return new NativeModel(native, context, shape)
}

/** Logits of the last tokens, and the processor time in seconds. */
function read(model: NativeModel, most: number, cut: number): { rows: Float32Array[]; seconds: number } {
  model.clear()
  const before = process.cpuUsage()
  // The last ones are always in one step, for their logits to be there together.
  for (let at = 0; at < most;) {
    const end = at < most - compared ? Math.min(at + cut, most - compared) : most
    for (; at < end; at++) model.add(tokens[at]!, at, 0, at >= most - compared)
    if (model.run() !== 'done') throw new Error('it cannot be computed')
  }
  const { user, system } = process.cpuUsage(before)
  const rows = Array.from({ length: compared }, (_, row) => model.logits(row).slice())
  return { rows, seconds: (user + system) / 1e6 }
}

/** Kullback-Leibler divergence in nats of what `other` says from what `one` says. */
function divergence(one: Float32Array, other: Float32Array): number {
  const [p, q] = [logarithms(one), logarithms(other)]
  return p.reduce((sum, log, token) => sum + Math.exp(log) * (log - q[token]!), 0)
}

function logarithms(logits: Float32Array): Float64Array {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity)
  const sum = logits.reduce((all, logit) => all + Math.exp(logit - highest), 0)
  return Float64Array.from(logits, (logit) => logit - highest - Math.log(sum))
}

const models = pairs.map(([keys, values]) => ({ name: `${keys} / ${values}`, model: open(keys, values) }))
const times = models.map(() => [] as number[])
const rows: Float32Array[][] = []
// In turns: a machine is busier at times.
for (let round = 0; round < 2; round++)
  for (const [index, { model }] of models.entries()) {
    const result = read(model, length, stepTokens)
    times[index]!.push(result.seconds)
    rows[index] = result.rows
  }
const cuts = [1, 3, 17, 64, 100, 256]
const short = Math.min(length, 700)
console.log(
  `${level}, ${length} tokens\nkeys / values | processor seconds | nats from f16 / f16 | largest difference by cutting`,
)
for (const [index, { name, model }] of models.entries()) {
  const nats = rows[index]!.reduce((sum, row, at) => sum + divergence(rows[0]![at]!, row), 0) / compared
  const whole = read(model, short, stepTokens).rows.at(-1)!
  const differences = cuts.map((cut) => {
    const last = read(model, short, cut).rows.at(-1)!
    return whole.reduce((most, logit, token) => Math.max(most, Math.abs(logit - last[token]!)), 0)
  })
  const seconds = times[index]!.map((time) => time.toFixed(1)).join(', ')
  console.log(`${name} | ${seconds} | ${nats.toFixed(4)} | ${Math.max(...differences)}`)
}
process.exit(0)
