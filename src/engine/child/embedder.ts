/** What the queue needs of a loaded model that embeds: sequences of tokens in, one vector each out. */
export interface Embedder {
  /** Length of its vectors. */
  readonly width: number
  /** Most tokens of one sequence. */
  readonly contextTokens: number
  /** Most sequences in one step. */
  readonly sequences: number
  /** Adds a whole sequence to the coming step. Sequences are numbered from 0 in the order in which they are added. */
  add(sequence: number, tokens: Int32Array): void
  /** Computes the step and empties it; false when that failed. */
  run(): boolean
  /** What came out for a sequence of the last step: native memory, valid until the next `run`. */
  vector(sequence: number): Float32Array
}
