/** The native `llama_batch` of a step, written in place: its arrays are views over native memory, made once. */
import koffi from 'koffi'
import type { Binding } from './binding.ts'
import type { NativeBatch } from './structs.ts'

const int32 = Int32Array.BYTES_PER_ELEMENT

/**
 * Has room for `capacity` tokens, which is not checked: the caller adds no more. `add` puts one token in, `clear`
 * begins the next step.
 */
export class StepBatch {
  /** To be passed to `llama_decode` as it is. */
  readonly native: NativeBatch
  readonly #tokens: Int32Array
  readonly #positions: Int32Array
  readonly #wanted: Int8Array
  /** The sequence of each token: every token has exactly one. */
  readonly #sequences: Int32Array[]

  constructor(binding: Binding, capacity: number) {
    this.native = binding.llama_batch_init(capacity, 0, 1)
    const view = (pointer: bigint, count: number) => new Int32Array(koffi.view(pointer, count * int32))
    this.#tokens = view(this.native.token, capacity)
    this.#positions = view(this.native.pos, capacity)
    this.#wanted = new Int8Array(koffi.view(this.native.logits, capacity))
    view(this.native.n_seq_id, capacity).fill(1)
    const pointers = new BigUint64Array(
      koffi.view(this.native.seq_id, capacity * BigUint64Array.BYTES_PER_ELEMENT),
    )
    this.#sequences = Array.from(pointers, (pointer) => view(pointer, 1))
    this.native.n_tokens = 0
  }

  add(token: number, position: number, sequence: number, wanted: boolean): void {
    const index = this.native.n_tokens++
    this.#tokens[index] = token
    this.#positions[index] = position
    this.#sequences[index]![0] = sequence
    this.#wanted[index] = wanted ? 1 : 0
  }

  clear(): void {
    this.native.n_tokens = 0
  }
}
