/** A model in native memory with a context that pools: one vector comes out for each sequence. */
import koffi from 'koffi'
import type { Binding, Pointer } from './binding.ts'
import type { Embedder } from './embedder.ts'
import { StepBatch } from './step-batch.ts'
import { ThreadGovernor } from './thread-governor.ts'

export interface EmbeddingShape {
  readonly width: number
  readonly contextTokens: number
  readonly sequences: number
  /** Tokens that fit into the native batch. */
  readonly batchTokens: number
  readonly threads: number
}

/**
 * An `Embedder` over a context of llama.cpp: `add` the tokens of several sequences, `run` them together, read the
 * `vector` of each, which has `width` components and is not normalised here. `run` empties the memory of the run
 * before.
 */
export class NativeEmbedder implements Embedder {
  readonly width: number
  readonly contextTokens: number
  readonly sequences: number
  readonly #native: Binding
  readonly #context: Pointer
  readonly #memory: Pointer | null
  readonly #batch: StepBatch
  readonly #governor: ThreadGovernor
  #threads: number

  constructor(native: Binding, context: Pointer, shape: EmbeddingShape) {
    this.#native = native
    this.#context = context
    // Encoders have none: each token sees all others at once.
    this.#memory = native.llama_get_memory(context) as Pointer | null
    this.#batch = new StepBatch(native, shape.batchTokens)
    this.#governor = new ThreadGovernor(shape.threads)
    this.#threads = shape.threads
    this.width = shape.width
    this.contextTokens = shape.contextTokens
    this.sequences = shape.sequences
  }

  add(sequence: number, tokens: Int32Array): void {
    for (const [position, token] of tokens.entries()) this.#batch.add(token, position, sequence, true)
  }

  run(): boolean {
    if (this.#memory !== null) this.#native.llama_memory_clear(this.#memory, false)
    const begun = performance.now()
    const used = process.cpuUsage()
    // The library itself encodes where there is no memory to decode with.
    const code = this.#native.llama_decode(this.#context, this.#batch.native)
    const { user, system } = process.cpuUsage(used)
    this.#batch.clear()
    this.#govern(performance.now() - begun, (user + system) / 1000)
    return code === 0
  }

  /** As `NativeModel` does: threads that wait for one another are slow beside a busy neighbour. */
  #govern(elapsed: number, used: number): void {
    this.#governor.observe(elapsed, used)
    if (this.#governor.threads === this.#threads) return
    this.#threads = this.#governor.threads
    this.#native.llama_set_n_threads(this.#context, this.#threads, this.#threads)
  }

  vector(sequence: number): Float32Array {
    const address = this.#native.llama_get_embeddings_seq(this.#context, sequence)
    if (address === null) throw new Error(`the library has no vector for sequence ${sequence}`)
    return new Float32Array(koffi.view(address, this.width * Float32Array.BYTES_PER_ELEMENT))
  }
}
