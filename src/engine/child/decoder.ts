/** What the scheduler needs of a loaded model: steps of tokens in, logits out. Native in production, a fake in tests. */
export interface Decoder {
  readonly vocabularySize: number
  /** Tokens that fit in one step. */
  readonly stepTokens: number
  /** Most `wanted` tokens in one step. */
  readonly rows: number
  /** What follows is computed with this adapter; null is the model as it is. */
  use(adapter: number | null): void
  /** Adds a token to the coming step. Rows of logits are numbered in the order in which `wanted` tokens were added. */
  add(token: number, position: number, sequence: number, wanted: boolean): void
  /** Computes the step and empties it. */
  run(): StepResult
  /** Logits of a row of the last step: native memory, valid until the next `run`, to be left as found. */
  logits(row: number): Float32Array
  /** What the layers that are read made of a row's token, one after the other: as `logits`. Null when none is read. */
  state(row: number): Float32Array | null
}

/**
 * `done`; `no-room`: the cache had no cells, nothing changed; `broken`: the cache must be cleared, whatever was in the
 * step is lost.
 */
export type StepResult = 'done' | 'no-room' | 'broken'
