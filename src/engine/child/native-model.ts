/** One model in native memory, with its context: what the scheduler computes steps on. */
import koffi from 'koffi'
import type { Binding, Pointer } from './binding.ts'
import { NativeAdapters } from './native-adapters.ts'
import type { Decoder, StepResult } from './decoder.ts'
import type { RawCache } from './cell-store.ts'
import { StepBatch } from './step-batch.ts'
import { ThreadGovernor } from './thread-governor.ts'

export interface ContextShape {
  readonly threads: number
  /** Rows of logits that one step can ask for. */
  readonly rows: number
  readonly stepTokens: number
  readonly vocabularySize: number
  /** Layers whose inputs are read. */
  readonly layers: readonly number[]
  /** Components of a hidden state. */
  readonly stateWidth: number
}

/**
 * The scheduler's `Decoder` and the cache's `RawCache` over one context of llama.cpp. What `logits` and `state`
 * return is native memory, valid until the next `run`.
 */
export class NativeModel implements Decoder, RawCache {
  readonly vocabularySize: number
  readonly stepTokens: number
  readonly rows: number
  readonly adapters: NativeAdapters
  readonly #native: Binding
  readonly #context: Pointer
  readonly #memory: Pointer
  readonly #batch: StepBatch
  readonly #governor: ThreadGovernor
  #threads: number
  /** Where the rows lie, and views of them; the library moves them at most when it makes more room. */
  #address: Pointer | null = null
  #rows: Float32Array[] = []
  readonly #layers: readonly number[]
  readonly #stateWidth: number
  /** Of each row, which token of the step it is. */
  #tokens: number[] = []
  #wanted: number[] = []
  #states: Float32Array[] = []

  constructor(native: Binding, context: Pointer, shape: ContextShape) {
    this.#native = native
    this.#context = context
    this.adapters = new NativeAdapters(native, context)
    this.#memory = native.llama_get_memory(context)
    this.#batch = new StepBatch(native, shape.stepTokens)
    this.#governor = new ThreadGovernor(shape.threads)
    this.#threads = shape.threads
    this.vocabularySize = shape.vocabularySize
    this.stepTokens = shape.stepTokens
    this.rows = shape.rows
    this.#layers = shape.layers
    this.#stateWidth = shape.stateWidth
    for (const layer of shape.layers) native.llama_set_embeddings_layer_inp(context, layer, true)
  }

  use(adapter: number | null): void {
    this.adapters.use(adapter)
  }

  add(token: number, position: number, sequence: number, wanted: boolean): void {
    if (wanted && this.#layers.length > 0) this.#wanted.push(this.#batch.native.n_tokens)
    this.#batch.add(token, position, sequence, wanted)
  }

  run(): StepResult {
    const code = this.#decode()
    this.#tokens = this.#wanted
    this.#wanted = []
    const computed = this.#batch.native.n_tokens
    this.#batch.clear()
    if (code === 1) return 'no-room'
    if (code !== 0) return 'broken'
    const address = this.#native.llama_get_logits(this.#context)
    if (address !== this.#address) this.#mapRows(address)
    this.#states = this.#layers.map((layer) => this.#statesOf(layer, computed))
    return 'done'
  }

  logits(row: number): Float32Array {
    return this.#rows[row]!
  }

  state(row: number): Float32Array | null {
    if (this.#layers.length === 0) return null
    const width = this.#stateWidth
    const begin = this.#tokens[row]! * width
    const parts = this.#states.map((states) => states.subarray(begin, begin + width))
    if (parts.length === 1) return parts[0]!
    const state = new Float32Array(parts.length * width)
    for (const [index, part] of parts.entries()) state.set(part, index * width)
    return state
  }

  clear(): void {
    this.#native.llama_memory_clear(this.#memory, false)
  }

  remove(sequence: number, from: number, to: number): void {
    this.#native.llama_memory_seq_rm(this.#memory, sequence, from, to)
  }

  copy(source: number, target: number, from: number, to: number): void {
    this.#native.llama_memory_seq_cp(this.#memory, source, target, from, to)
  }

  save(sequence: number): Uint8Array {
    const size = Number(this.#native.llama_state_seq_get_size(this.#context, sequence))
    const state = Buffer.allocUnsafeSlow(size)
    const written = Number(this.#native.llama_state_seq_get_data(this.#context, state, size, sequence))
    if (written !== size) throw new Error(`a sequence of ${size} bytes was saved as ${written}`)
    return state
  }

  restore(sequence: number, state: Uint8Array): void {
    const read = Number(this.#native.llama_state_seq_set_data(this.#context, state, state.length, sequence))
    if (read === 0) throw new Error('a sequence could not be put back into the cache')
  }

  #decode(): number {
    const begun = performance.now()
    const used = process.cpuUsage()
    const code = this.#native.llama_decode(this.#context, this.#batch.native)
    const { user, system } = process.cpuUsage(used)
    this.#governor.observe(performance.now() - begun, (user + system) / 1000)
    if (this.#governor.threads !== this.#threads) {
      this.#threads = this.#governor.threads
      this.#native.llama_set_n_threads(this.#context, this.#threads, this.#threads)
    }
    return code
  }

  /** The input of a layer, for all tokens of the last step. */
  #statesOf(layer: number, tokens: number): Float32Array {
    const address = this.#native.llama_get_embeddings_layer_inp(this.#context, layer)
    if (address === null) throw new Error('the library has no hidden states')
    const bytes = tokens * this.#stateWidth * Float32Array.BYTES_PER_ELEMENT
    return new Float32Array(koffi.view(address, bytes))
  }

  #mapRows(address: Pointer | null): void {
    this.#address = address
    this.#rows = []
    if (address === null) return
    const rowBytes = this.vocabularySize * Float32Array.BYTES_PER_ELEMENT
    const memory = koffi.view(address, this.rows * rowBytes)
    for (let row = 0; row < this.rows; row++)
      this.#rows.push(new Float32Array(memory, row * rowBytes, this.vocabularySize))
  }
}
