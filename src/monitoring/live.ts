import type { ModelStatus } from '../core/engine.ts'
import { stateWord } from '../core/model-state.ts'
import { residentBytes } from './process-metrics.ts'
import type { RequestListener, RequestWatch } from './request-watch.ts'

/** How things stand at one moment: what `elpis top` and the console show. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly at: number
  readonly running: number
  readonly tokensPerSecond: number
  /** Since the server started. */
  readonly requests: number
  readonly failed: number
  /** Verdicts that were not `allow`. */
  readonly guardHits: number
  readonly serverMemoryBytes: number
  readonly models: readonly {
    readonly model: string
    /** Such as `ready` or `loading 40%`. */
    readonly state: string
    readonly active: number
    readonly queued: number
    /** Null where it cannot be known. */
    readonly memoryBytes: number | null
    /** Cells of its KV cache that are computed on, and that are kept; null until it has done something. */
    readonly cells: { readonly running: number; readonly kept: number } | null
  }[]
  readonly streams: readonly Stream[]
}

/** One request that runs. */
export interface Stream {
  readonly id: string
  readonly model: string
  readonly account: string
  readonly seconds: number
  readonly tokens: number
}

const mostStreams = 50

/** Keeps what a moment is made of. Speed is that of the last whole five seconds. */
export class Live implements RequestListener {
  readonly #watch: RequestWatch
  readonly #status: () => readonly ModelStatus[]
  readonly #now: () => number
  /** Tokens by second of the clock, for the last few. */
  readonly #bySecond = new Map<number, number>()
  #requests = 0
  #failed = 0
  #guardHits = 0

  constructor(watch: RequestWatch, status: () => readonly ModelStatus[], now: () => number) {
    this.#watch = watch
    this.#status = status
    this.#now = now
  }

  judged(_facts: unknown, { action, outcome }: { action: string; outcome: string }): void {
    if (outcome !== 'allow' || action !== 'allow') this.#guardHits++
  }

  tokens(_facts: unknown, count: number): void {
    const second = Math.floor(this.#now() / 1000)
    this.#bySecond.set(second, (this.#bySecond.get(second) ?? 0) + count)
    if (this.#bySecond.size > 10) this.#forget(second)
  }

  ended({ outcome }: { outcome: string | null }): void {
    this.#requests++
    if (outcome !== 'finished') this.#failed++
  }

  moment(): Moment {
    const at = this.#now()
    const { running } = this.#watch
    const streams = [...running.values()]
      .slice(0, mostStreams)
      .map(({ id, model, account, openedAt, tokens }) => {
        return { id, model, account, seconds: Math.max(0, (at - openedAt) / 1000), tokens }
      })
    return {
      at,
      running: running.size,
      tokensPerSecond: this.#speed(Math.floor(at / 1000)),
      requests: this.#requests,
      failed: this.#failed,
      guardHits: this.#guardHits,
      serverMemoryBytes: process.memoryUsage.rss(),
      models: this.#status().map(({ model, state, active, queued, processId, occupancy }) => ({
        model,
        state: stateWord(state),
        active,
        queued,
        memoryBytes: processId === undefined ? null : residentBytes(processId),
        cells: occupancy === undefined ? null : { running: occupancy.cells, kept: occupancy.keptCells },
      })),
      streams,
    }
  }

  #speed(second: number): number {
    this.#forget(second)
    let tokens = 0
    for (let before = 1; before <= 5; before++) tokens += this.#bySecond.get(second - before) ?? 0
    return tokens / 5
  }

  #forget(second: number): void {
    for (const past of this.#bySecond.keys()) {
      if (past < second - 6 || past > second) this.#bySecond.delete(past)
    }
  }
}
