import type { HighlightJob, HighlightResult } from './token.ts'

export type Lines = NonNullable<HighlightResult['lines']>

/** The part of a `Worker` that is used here. */
export interface HighlightWorker {
  postMessage(job: HighlightJob): void
  terminate(): void
  addEventListener(type: 'message', listener: (event: MessageEvent<HighlightResult>) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

/** A job that takes longer (milliseconds) ends its worker. Loading a grammar over a slow line counts as well. */
const deadline = 8000
/** After so many lost workers, code stays plain until the page is loaded again. */
const mostLost = 5
/** Longer code (characters) stays plain. */
const longest = 60_000

interface Waiting {
  readonly job: HighlightJob
  readonly resolve: (lines: Lines | null) => void
}

/** One worker for the whole page, made at the first need, one job at a time. */
export class Highlighter {
  readonly #start: () => HighlightWorker
  #worker: HighlightWorker | null = null
  #lost = 0
  #nextId = 0
  readonly #waiting: Waiting[] = []
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(start: () => HighlightWorker) {
    this.#start = start
  }

  /** The lines of `code` in colours, or null when it stays plain. */
  highlight(code: string, language: string): Promise<Lines | null> {
    if (code.length > longest || this.#lost >= mostLost) return Promise.resolve(null)
    return new Promise((resolve) => {
      this.#waiting.push({ job: { id: this.#nextId++, code, language }, resolve })
      if (this.#waiting.length === 1) this.#sendFirst()
    })
  }

  #sendFirst(): void {
    const first = this.#waiting[0]
    if (first === undefined) return
    try {
      this.#worker ??= this.#begin()
      this.#worker.postMessage(first.job)
      this.#timer = setTimeout(() => this.#lose(), deadline)
    } catch {
      this.#lose()
    }
  }

  #begin(): HighlightWorker {
    const worker = this.#start()
    worker.addEventListener('message', ({ data }) => {
      if (data.id === this.#waiting[0]?.job.id) this.#finish(data.lines)
    })
    worker.addEventListener('error', () => {
      if (worker === this.#worker) this.#lose()
    })
    return worker
  }

  #lose(): void {
    this.#lost++
    this.#worker?.terminate()
    this.#worker = null
    this.#finish(null)
  }

  #finish(lines: Lines | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#waiting.shift()?.resolve(lines)
    if (this.#lost >= mostLost) for (const { resolve } of this.#waiting.splice(0)) resolve(null)
    this.#sendFirst()
  }
}

/** The page's own. */
export const highlighter = new Highlighter(
  () => new Worker(new URL('./highlight-worker.ts', import.meta.url), { type: 'module' }),
)
