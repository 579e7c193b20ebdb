/** The judge's encoder: weights laid out in the memory of `kernel.wasm`, which can reach nothing else. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { WeightsFile } from '../models/weights-file.ts'
import { special } from './unigram.ts'

/** What of it we use: the compiler's library for Node does not know it. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** Sizes that `kernel.c` was compiled for. */
const [width, hidden] = [384, 1536]
export const mostTokens = 256
/** Length of what comes out: the first token's state, the mean of all, the highest of each component. */
export const pooledWidth = 3 * width

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer }
  reserve(bytes: number): number
  tokens_at(): number
  types_at(): number
  embed(model: number, count: number): void
  encode(model: number, first: number, last: number, count: number): number
}

const notesSchema = z.object({
  layers: z.coerce.number().int().min(2).max(24),
  glance: z.coerce.number().int().min(1),
  pieces: z.coerce.number().int(),
})

export class Encoder {
  readonly #kernel: Kernel
  readonly #model: number
  readonly #layers: number
  /** Layers after which the first heads look. */
  readonly #glance: number
  /** Tokens of the sequence that was begun. */
  #count = 0

  /** @throws when the weights are broken or there is no memory for them. */
  constructor(weights: WeightsFile, kernel = new URL('../models/kernel.wasm', import.meta.url)) {
    const { layers, glance, pieces } = notesSchema.parse(weights.notes)
    if (glance >= layers) throw new Error(`a glance after ${glance} of ${layers} layers`)
    const module = new WebAssembly.Module(readFileSync(kernel))
    this.#kernel = new WebAssembly.Instance(module).exports as Kernel
    this.#layers = layers
    this.#glance = glance
    const tensor = (name: string, kind: 'U8' | 'F32', shape: readonly number[]): number =>
      this.#placed(weights.tensor(name, kind, shape))
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
    this.#model = this.#placed(Uint32Array.from(addresses))
  }

  /**
   * Begins with a sequence of 1 to 256 tokens: its pooled vector after the layers of a glance.
   *
   * @param border where the second of two texts begins; the length where there is only one.
   */
  glance(tokens: readonly number[], border: number): Float32Array {
    const { length } = tokens
    if (length === 0 || length > mostTokens) throw new Error(`a passage of ${length} tokens`)
    const { memory } = this.#kernel
    new Int32Array(memory.buffer, this.#kernel.tokens_at(), length).set(tokens)
    new Int32Array(memory.buffer, this.#kernel.types_at(), length).fill(0).fill(1, border)
    this.#kernel.embed(this.#model, length)
    this.#count = length
    return this.#pooled(0, this.#glance)
  }

  /** The pooled vector after the last layer of what {@link glance} began, once. */
  finish(): Float32Array {
    const pooled = this.#pooled(this.#glance, this.#layers)
    this.#count = 0
    return pooled
  }

  #pooled(first: number, last: number): Float32Array {
    if (this.#count === 0) throw new Error('no passage was begun')
    const at = this.#kernel.encode(this.#model, first, last, this.#count)
    return new Float32Array(this.#kernel.memory.buffer, at, pooledWidth).slice()
  }

  #placed(values: Uint8Array | Float32Array | Uint32Array): number {
    const at = this.#kernel.reserve(values.byteLength)
    if (at === 0) throw new Error('there is no memory for the weights of the judge')
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    new Uint8Array(this.#kernel.memory.buffer).set(bytes, at)
    return at
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
