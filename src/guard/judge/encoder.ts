/**
 * The judge's encoder: weights laid out in the memory of `kernel.wasm`, which can reach nothing else. Threads share that
 * memory, so the weights stand in it once; each computes in a place of its own.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { WeightsFile } from '../models/weights-file.ts'
import { special } from './unigram.ts'

interface Memory {
  readonly buffer: SharedArrayBuffer
  grow(pages: number): number
}
/** What of it we use: the compiler's library for Node does not know it. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object
  readonly Memory: new (pages: { initial: number; maximum: number; shared: true }) => Memory
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: Memory } },
  ) => { readonly exports: unknown }
}

/** Sizes that `kernel.c` and `kernel.sh` were compiled for. */
const [width, hidden] = [384, 1536]
export const mostTokens = 256
/** Length of what comes out: the first token's state, the mean of all, the highest of each component. */
export const pooledWidth = 3 * width
const [pageBytes, mostPages, stackBytes] = [65_536, 4096, 65_536]

interface Kernel {
  readonly __heap_base: { readonly value: number }
  readonly __stack_pointer: { value: number }
  work_size(): number
  embed(model: number, work: number, count: number): void
  encode(model: number, work: number, first: number, last: number, count: number): number
}

/** A model in memory, as threads hand it to each other. */
export interface SharedEncoder {
  readonly module: object
  readonly memory: Memory
  /** Address of the model. */
  readonly model: number
  readonly layers: number
  /** Layers after which the first heads look. */
  readonly glance: number
  /** Where each thread computes; its stack lies before it. */
  readonly places: readonly number[]
}

const notesSchema = z.object({
  layers: z.coerce.number().int().min(2).max(24),
  glance: z.coerce.number().int().min(1),
  pieces: z.coerce.number().int(),
})

/**
 * @param threads how many will compute at once
 * @throws when the weights are broken or there is no memory for them.
 */
export function sharedEncoder(
  weights: WeightsFile,
  threads: number,
  kernel = new URL('../models/kernel.wasm', import.meta.url),
): SharedEncoder {
  const { layers, glance, pieces } = notesSchema.parse(weights.notes)
  if (glance >= layers) throw new Error(`a glance after ${glance} of ${layers} layers`)
  const module = new WebAssembly.Module(readFileSync(kernel))
  const memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: true })
  const compiled = new WebAssembly.Instance(module, { env: { memory } }).exports as Kernel
  let next = compiled.__heap_base.value
  const reserved = (bytes: number): number => {
    const start = Math.ceil(next / 64) * 64
    const missing = Math.ceil((start + bytes - memory.buffer.byteLength) / pageBytes)
    if (missing > 0) memory.grow(missing)
    next = start + bytes
    return start
  }
  const placed = (values: Uint8Array | Float32Array | Uint32Array): number => {
    const at = reserved(values.byteLength)
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    new Uint8Array(memory.buffer).set(bytes, at)
    return at
  }
  const tensor = (name: string, kind: 'U8' | 'F32', shape: readonly number[]): number =>
    placed(weights.tensor(name, kind, shape))
  const matrix = (name: string, out: number, from: number): number[] => [
    tensor(`${name}.weight`, 'U8', [out, from]),
    tensor(`${name}.scale`, 'F32', [out]),
    tensor(`${name}.bias`, 'F32', [out]),
  ]
  const norm = (name: string): number[] => [
    tensor(`${name}.weight`, 'F32', [width]),
    tensor(`${name}.bias`, 'F32', [width]),
  ]
  // The order of `struct model` in `kernel.c`.
  const addresses = [
    tensor('words', 'U8', [pieces, (width / 32) * 18]),
    tensor('positions', 'F32', [mostTokens, width]),
    tensor('types', 'F32', [2, width]),
    ...norm('norm'),
  ]
  for (let number = 0; number < layers; number++) {
    const at = `layers.${number}`
    addresses.push(...matrix(`${at}.qkv`, 3 * width, width), ...matrix(`${at}.out`, width, width))
    addresses.push(...norm(`${at}.norm1`), ...matrix(`${at}.up`, hidden, width))
    addresses.push(...matrix(`${at}.down`, width, hidden), ...norm(`${at}.norm2`))
  }
  const model = placed(Uint32Array.from(addresses))
  const size = compiled.work_size()
  const places = Array.from({ length: threads }, () => reserved(stackBytes + size) + stackBytes)
  const fused = Number(fusesDotProducts())
  // The last field of `work` in `kernel.c`.
  for (const place of places) new Int32Array(memory.buffer, place + size - 4, 1)[0] = fused
  return { module, memory, model, layers, glance, places }
}

/** Whether this processor has one instruction for a dot product with its sum; of those with AVX few. Sums are the same. */
function fusesDotProducts(): boolean {
  if (process.arch !== 'x64') return true
  try {
    return /\bavx_vnni\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))
  } catch {
    return false
  }
}

/**
 * One thread's encoder: `glance` begins with a sequence, `finish` computes its remaining layers. Throws when `shared`
 * has no place for the thread.
 */
export class Encoder {
  readonly #shared: SharedEncoder
  readonly #kernel: Kernel
  readonly #place: number
  /** Tokens of the sequence that was begun. */
  #count = 0

  /** @param thread which of the threads it is: two never compute in one place. */
  constructor(shared: SharedEncoder, thread: number) {
    const { module, memory, places } = shared
    const place = places[thread]
    if (place === undefined) throw new Error(`there is no place for thread ${thread} of the judge`)
    this.#shared = shared
    this.#place = place
    this.#kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as Kernel
    this.#kernel.__stack_pointer.value = place
  }

  /**
   * Begins with a sequence of 1 to 256 tokens: its pooled vector after the layers of a glance.
   *
   * @param border where the second of two texts begins; the length where there is only one.
   */
  glance(tokens: readonly number[], border: number): Float32Array {
    const { length } = tokens
    if (length === 0 || length > mostTokens) throw new Error(`a passage of ${length} tokens`)
    const { memory, model, glance } = this.#shared
    // The first two fields of `work` in `kernel.c`.
    new Int32Array(memory.buffer, this.#place, length).set(tokens)
    new Int32Array(memory.buffer, this.#place + 4 * mostTokens, length).fill(0).fill(1, border)
    this.#kernel.embed(model, this.#place, length)
    this.#count = length
    return this.#pooled(0, glance)
  }

  /** The pooled vector after the last layer of what {@link glance} began, once. */
  finish(): Float32Array {
    const { glance, layers } = this.#shared
    const pooled = this.#pooled(glance, layers)
    this.#count = 0
    return pooled
  }

  #pooled(first: number, last: number): Float32Array {
    if (this.#count === 0) throw new Error('no passage was begun')
    const { memory, model } = this.#shared
    const at = this.#kernel.encode(model, this.#place, first, last, this.#count)
    return new Float32Array(memory.buffer, at, pooledWidth).slice()
  }
}

/** Tokens of a prompt, or of a response after the prompt that it answers; and where the response begins. */
export function sequenceOf(
  prompt: readonly number[],
  response: readonly number[] | null,
): [number[], number] {
  const first = [special.begin, ...prompt, special.end]
  return response === null ? [first, first.length] : [[...first, ...response, special.end], first.length]
}
