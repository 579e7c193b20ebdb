/**
 * A model without weights, for tests of everything around the computing: a cache with the native library's own way of
 * giving out cells, and logits that depend on every token of a sequence and on the order of its cells. Whatever is lost,
 * mixed up between sequences or put out of order gives another text.
 */
import type { Decoder, StepResult } from '../../src/engine/child/decoder.ts'
import type { RawCache } from '../../src/engine/child/cell-store.ts'
import type { VocabularyToken } from '../../src/engine/child/vocabulary.ts'

interface Cell {
  token: number
  position: number
  readonly sequences: Set<number>
}

interface Added {
  readonly token: number
  readonly position: number
  readonly sequence: number
  readonly wanted: boolean
}

export const simulatedVocabulary = 64
/** Ends a turn. */
export const endToken = 0

/** Tokens from 1 on are single characters. */
export function simulatedToken(token: number): VocabularyToken {
  const text = token === endToken ? '' : String.fromCharCode(32 + token)
  return { bytes: new TextEncoder().encode(text), text, ends: token === endToken }
}

export class SimulatedModel implements Decoder, RawCache {
  readonly vocabularySize = simulatedVocabulary
  readonly stepTokens: number
  readonly rows: number
  /** Results of coming steps in place of computing them. */
  readonly faults: Exclude<StepResult, 'done'>[] = []
  steps = 0
  /** Tokens of all steps. */
  computed = 0
  /** Most cells in use at once, garbage included. */
  peak = 0
  /** The adapter of each step that was computed. */
  readonly adapters: (number | null)[] = []
  readonly #cells: (Cell | null)[]
  #adapter: number | null = null
  #used = 0
  #head = 0
  #added: Added[] = []
  #rows: Float32Array[] = []

  constructor(cells: number, stepTokens: number) {
    this.#cells = Array.from({ length: cells }, () => null)
    this.stepTokens = stepTokens
    this.rows = stepTokens
  }

  get used(): number {
    return this.#used
  }

  state(): null {
    return null
  }

  use(adapter: number | null): void {
    this.#adapter = adapter
  }

  add(token: number, position: number, sequence: number, wanted: boolean): void {
    if (this.#added.length === this.stepTokens) throw new Error('the step is full')
    this.#added.push({ token, position, sequence, wanted })
  }

  run(): StepResult {
    const added = this.#added
    this.#added = []
    const fault = this.faults.shift()
    if (fault !== undefined) return fault
    if (this.used + added.length > this.#cells.length) return 'no-room'
    this.steps++
    this.computed += added.length
    this.adapters.push(this.#adapter)
    this.#place(
      added.map(({ token, position, sequence }) => ({
        // What is in a cell depends on the adapter that it was computed with.
        token: token + 1000 * ((this.#adapter ?? -1) + 1),
        position,
        sequences: new Set([sequence]),
      })),
    )
    this.peak = Math.max(this.peak, this.used)
    this.#rows = added.filter(({ wanted }) => wanted).map((last) => this.#logits(last))
    return 'done'
  }

  logits(row: number): Float32Array {
    return this.#rows[row]!
  }

  clear(): void {
    this.#cells.fill(null)
    this.#used = 0
    this.#head = 0
  }

  remove(sequence: number, from: number, to: number): void {
    let first = -1
    for (const [index, cell] of this.#owned(sequence, from, to)) {
      cell.sequences.delete(sequence)
      if (cell.sequences.size > 0) continue
      this.#cells[index] = null
      this.#used--
      if (first === -1) first = index
    }
    if (first !== -1 && first < this.#head) this.#head = first
  }

  copy(source: number, target: number, from: number, to: number): void {
    for (const [, cell] of this.#owned(source, from, to)) cell.sequences.add(target)
  }

  save(sequence: number): Uint8Array {
    const cells = this.#owned(sequence, -1, -1).map(([, { token, position }]) => ({ token, position }))
    return new TextEncoder().encode(JSON.stringify(cells))
  }

  restore(sequence: number, state: Uint8Array): void {
    this.remove(sequence, -1, -1)
    const saved = JSON.parse(new TextDecoder().decode(state)) as { token: number; position: number }[]
    this.#place(saved.map(({ token, position }) => ({ token, position, sequences: new Set([sequence]) })))
  }

  /** Tokens of a sequence in the order of its cells. */
  tokens(sequence: number): number[] {
    return this.#owned(sequence, -1, -1).map(([, { token }]) => token)
  }

  /** Positions of a sequence in the order of its cells. */
  positions(sequence: number): number[] {
    return this.#owned(sequence, -1, -1).map(([, { position }]) => position)
  }

  /** The library's search: from the head to the next free cells, from the start when there is much free before. */
  #place(cells: Cell[]): void {
    let at = this.#head > this.used + 2 * cells.length ? 0 : this.#head
    for (const cell of cells) {
      while (this.#cells[at % this.#cells.length] !== null) at++
      this.#cells[at % this.#cells.length] = cell
    }
    this.#used += cells.length
    this.#head = (at % this.#cells.length) + 1
  }

  /** A loop over indices: every step of every test asks, of every cell. */
  #owned(sequence: number, from: number, to: number): [index: number, cell: Cell][] {
    const upTo = to < 0 ? Infinity : to
    const owned: [number, Cell][] = []
    for (let index = 0; index < this.#cells.length; index++) {
      const cell = this.#cells[index] ?? null
      if (cell === null || cell.position < from || cell.position >= upTo) continue
      if (cell.sequences.has(sequence)) owned.push([index, cell])
    }
    return owned
  }

  #logits({ sequence, position }: Added): Float32Array {
    let state = 17
    for (const [, cell] of this.#owned(sequence, -1, position + 1))
      state = (Math.imul(state ^ (cell.token + cell.position * 31), 0x9e3779b1) ^ (state >>> 13)) | 0
    return Float32Array.from({ length: simulatedVocabulary }, (_, token) => {
      const bits = Math.imul(state ^ Math.imul(token + 1, 0x85ebca6b), 0xc2b2ae35)
      const logit = ((bits ^ (bits >>> 15)) >>> 0) / 0x1_0000_0000
      return token === endToken ? logit * 4 - 0.2 : logit * 4
    })
  }
}
