import type { Part, TokenLogprob } from '../core/part.ts'

/**
 * The parts of one answer on their way to whoever reads them, as the generator that `Engine.generate` promises. Unlike
 * an `async function*` it can be returned while a read waits. A reader who lags gets text merged: what waits is never
 * more than one piece of text a choice and a handful of other parts, however long the answer.
 */
export class PartStream implements AsyncGenerator<Part, void, undefined> {
  readonly #begin: (stream: PartStream) => void
  readonly #returned = new AbortController()
  readonly #readers: ((result: IteratorResult<Part, void>) => void)[] = []
  #waiting: Waiting[] = []
  #begun = false
  #ended = false

  /** `begin` is called at the first read; from then on it owns the stream until it calls `end`. */
  constructor(begin: (stream: PartStream) => void) {
    this.#begin = begin
  }

  /** Aborted when the reader wants no more. */
  get returned(): AbortSignal {
    return this.#returned.signal
  }

  push(part: Part): void {
    if (this.#ended) return
    const reader = this.#readers.shift()
    if (reader !== undefined) reader({ done: false, value: part })
    else if (isDelta(part)) this.#merge(part)
    else if (part.type === 'loading' && this.#waiting.at(-1)?.type === 'loading')
      this.#waiting.splice(-1, 1, part)
    else this.#waiting.push(part)
  }

  end(): void {
    this.#ended = true
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined })
  }

  next(): Promise<IteratorResult<Part, void>> {
    if (!this.#begun) {
      this.#begun = true
      this.#begin(this)
    }
    const part = this.#waiting.shift()
    if (part !== undefined) return Promise.resolve({ done: false, value: part })
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => {
      this.#readers.push(resolve)
    })
  }

  return(): Promise<IteratorResult<Part, void>> {
    // What was never begun must not begin any more.
    this.#begun = true
    this.#waiting = []
    this.end()
    this.#returned.abort(unwanted)
    return Promise.resolve({ done: true, value: undefined })
  }

  throw(): Promise<IteratorResult<Part, void>> {
    return this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Grows the last piece of the same choice when it is of the same kind; order within a choice is kept. */
  #merge(delta: Delta): void {
    const last = this.#waiting.findLast((part) => 'choice' in part && part.choice === delta.choice)
    if (last?.type === 'tool-call-delta' && delta.type === 'tool-call-delta' && last.call === delta.call) {
      last.arguments += delta.arguments
      last.tokens += delta.tokens
      if (delta.probe !== undefined) last.probe = delta.probe
    } else if (
      last !== undefined &&
      (last.type === 'text-delta' || last.type === 'reasoning-delta') &&
      last.type === delta.type
    ) {
      last.text += delta.text
      last.tokens += delta.tokens
      if (delta.logprobs !== null) (last.logprobs ??= []).push(...delta.logprobs)
      if (delta.probe !== undefined) last.probe = delta.probe
    } else {
      this.#waiting.push(growing(delta))
    }
  }
}

/** One for all: making a new one, with its trace, takes longer than all else that happens at an end. */
const unwanted = new Error('Nobody reads the answer any more.')

type Delta = Extract<Part, { type: 'text-delta' | 'reasoning-delta' | 'tool-call-delta' }>
type Growing<Piece> = Piece extends Delta
  ? {
      -readonly [Name in keyof Piece]: Name extends 'logprobs' ? TokenLogprob[] | null : Piece[Name]
    }
  : never
/** What waits; deltas may still grow, nobody else has seen them. */
type Waiting = Exclude<Part, Delta> | Growing<Delta>

function growing(delta: Delta): Growing<Delta> {
  if (delta.type === 'tool-call-delta') return { ...delta }
  return { ...delta, logprobs: delta.logprobs === null ? null : [...delta.logprobs] }
}

function isDelta(part: Part): part is Delta {
  return part.type === 'text-delta' || part.type === 'reasoning-delta' || part.type === 'tool-call-delta'
}
