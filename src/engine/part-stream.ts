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
  #waiting: (Exclude<Part, TextDelta> | WaitingText)[] = []
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
    else if (part.type === 'text-delta') this.#merge(part)
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
    this.#returned.abort()
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

  #merge(delta: TextDelta): void {
    const earlier = this.#waiting.findLast(
      (part): part is WaitingText => part.type === 'text-delta' && part.choice === delta.choice,
    )
    if (earlier === undefined) {
      this.#waiting.push({ ...delta, logprobs: delta.logprobs === null ? null : [...delta.logprobs] })
      return
    }
    earlier.text += delta.text
    earlier.tokens += delta.tokens
    if (delta.logprobs !== null) (earlier.logprobs ??= []).push(...delta.logprobs)
  }
}

type TextDelta = Extract<Part, { type: 'text-delta' }>
/** Text that may still grow; nobody else has seen it. */
type WaitingText = { -readonly [Name in keyof TextDelta]: TextDelta[Name] } & {
  logprobs: TokenLogprob[] | null
}
