/** Keeps one model's process alive: starts it, watches it, starts it again when it ends, gives up when that is no use. */
import type { ModelState } from '../core/engine.ts'
import { ModelProcess, type ProcessEnd } from './model-process.ts'
import type { BriefReport } from './brief-protocol.ts'
import type { Command, LoadedModel, LoadOptions, Report, StateReading } from './protocol.ts'

/** All in milliseconds but `attempts`. */
export interface SupervisorTiming {
  /** Wait before a restart; doubled each time, up to `longestPause`. */
  readonly shortestPause: number
  readonly longestPause: number
  /** Starts in a row without a single answer after which a model that has never answered is given up. */
  readonly attempts: number
  /** A process that was ready for so long is sound, even if nobody asked it anything. */
  readonly probation: number
  /** With work to do, a process that says nothing and uses no processor for so long hangs. */
  readonly silence: number
  /** With work to do, a process that says nothing for so long hangs, busy or not. */
  readonly longestSilence: number
  /** What a process gets to end when it is asked to. */
  readonly grace: number
}

export const defaultTiming: SupervisorTiming = {
  shortestPause: 250,
  longestPause: 30_000,
  attempts: 5,
  probation: 60_000,
  silence: 30_000,
  longestSilence: 900_000,
  grace: 3000,
}

/** Something that whoever runs the server wants to read about. Never has prompts or answers in it. */
export type EngineEvent =
  | { readonly type: 'model-loading'; readonly model: string; readonly attempt: number }
  | {
      readonly type: 'model-ready'
      readonly model: string
      readonly milliseconds: number
      readonly description: string
      readonly build: string
      /** Empty: nothing keeps the process from the rest of the machine. */
      readonly lockdown: string
    }
  | {
      readonly type: 'model-lost'
      readonly model: string
      readonly reason: string
      readonly detail: string
      readonly pause: number
    }
  | { readonly type: 'model-unloaded'; readonly model: string }
  | {
      readonly type: 'model-failed'
      readonly model: string
      readonly reason: string
      readonly detail: string
    }

export interface SupervisorOptions {
  readonly id: string
  readonly entry: URL
  readonly reads: readonly string[]
  readonly load: LoadOptions
  /** Asked at every load. */
  readonly states: () => StateReading | null
  readonly timing: SupervisorTiming
  readonly log: (event: EngineEvent) => void
  /** More of the weights was read. */
  readonly onProgress: () => void
  readonly onReady: (model: LoadedModel) => void
  readonly onStep: (report: Extract<Report, { type: 'step' }>) => void
  readonly onAdapter: (report: Extract<Report, { type: 'adapter' }>) => void
  readonly onBrief: (report: BriefReport) => void
  readonly onPrefix: (report: Extract<Report, { type: 'prefix' }>) => void
  /** The process is gone, and with it all that it was doing; or the model is given up. */
  readonly onLost: (reason: string) => void
}

/**
 * Tells its owner of each change by `onReady`, `onLost` and `onProgress`. Restarts wait twice as long each time,
 * between two bounds, until an answer ends well; a model that never answered is given up after `attempts` starts in a
 * row.
 */
export class ModelSupervisor {
  readonly #options: SupervisorOptions
  #state: ModelState = { state: 'unloaded' }
  #process: ModelProcess | null = null
  /** Settled when the process that was let go last is gone. */
  #leaving: Promise<void> | undefined
  #pause: NodeJS.Timeout | null = null
  #watch: NodeJS.Timeout | null = null
  #startedAt = 0
  #readyAt: number | null = null
  #lastReportAt = 0
  #lastProcessorTime: number | null = null
  #lastWorkAt = 0
  /** Starts since the last answer. */
  #attempts = 0
  #everAnswered = false
  #busy = false
  #closed = false

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  get state(): ModelState {
    return this.#state
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Milliseconds until a restart at most; 0 when none is planned. */
  get pause(): number {
    const { shortestPause, longestPause } = this.#options.timing
    return this.#attempts === 0 ? 0 : Math.min(longestPause, shortestPause * 2 ** (this.#attempts - 1))
  }

  start(): void {
    const { id, entry, reads, log } = this.#options
    this.#attempts++
    this.#startedAt = this.#lastReportAt = this.#lastWorkAt = performance.now()
    this.#readyAt = null
    this.#state = { state: 'loading', fraction: 0 }
    log({ type: 'model-loading', model: id, attempt: this.#attempts })
    const process = new ModelProcess({
      entry,
      reads,
      devices: this.#options.load.placement?.devices ?? [],
      onReport: (report) => this.#hear(process, report),
      onEnd: (end) => this.#lose(process, end),
    })
    this.#process = process
    this.#watch = setInterval(() => this.#look(process), this.#options.timing.silence / 4)
  }

  send(command: Command): void {
    this.#process?.send(command)
  }

  /** Whether there is work to do: only then is silence suspicious. */
  setBusy(busy: boolean): void {
    if (busy && !this.#busy) this.#lastReportAt = this.#lastWorkAt = performance.now()
    this.#busy = busy
  }

  /** An answer came to its end: this process is of use. */
  answered(): void {
    this.#attempts = 0
    this.#everAnswered = true
  }

  /** Ends a process that is up to no good; it is started again. */
  end(reason: string): void {
    this.#process?.end(reason)
  }

  /** Lets the process go; `start` brings another. Resolved when its memory is free. */
  async unload(): Promise<void> {
    const process = this.#process
    // From here on its end is nobody's loss.
    this.#process = null
    if (this.#pause !== null) clearTimeout(this.#pause)
    this.#stopWatching()
    this.#attempts = 0
    this.#state = { state: 'unloaded' }
    this.#leaving = process?.close(this.#options.timing.grace)
    await this.#leaving
    this.#options.log({ type: 'model-unloaded', model: this.#options.id })
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#pause !== null) clearTimeout(this.#pause)
    await Promise.all([this.#leaving, this.#process?.close(this.#options.timing.grace)])
    this.#stopWatching()
  }

  #loadOptions(): LoadOptions {
    const { load } = this.#options
    const states = this.#options.states()
    return states === null ? load : { ...load, states }
  }

  #hear(process: ModelProcess, report: Report): void {
    if (this.#process !== process) return
    this.#lastReportAt = this.#lastWorkAt = performance.now()
    switch (report.type) {
      case 'hello':
        process.send({ type: 'load', options: this.#loadOptions() })
        return
      case 'loading':
        if (this.#state.state !== 'loading') return
        this.#state = { state: 'loading', fraction: report.fraction }
        this.#options.onProgress()
        return
      case 'ready':
        this.#getReady(report.model)
        return
      case 'unusable':
        process.end(`it cannot be loaded: ${report.reason}`)
        return
      case 'step':
        if (this.#state.state === 'ready') this.#options.onStep(report)
        return
      case 'adapter':
        if (this.#state.state === 'ready') this.#options.onAdapter(report)
        return
      case 'prefix':
        if (this.#state.state === 'ready') this.#options.onPrefix(report)
        return
      case 'brief':
        if (this.#state.state === 'ready') this.#options.onBrief(report)
        return
      default:
        report satisfies never
    }
  }

  #getReady(model: LoadedModel): void {
    const { id, log, onReady } = this.#options
    this.#state = { state: 'ready' }
    this.#readyAt = performance.now()
    const { description, build, lockdown } = model
    const milliseconds = Math.round(performance.now() - this.#startedAt)
    log({ type: 'model-ready', model: id, milliseconds, description, build, lockdown })
    onReady(model)
  }

  #lose(process: ModelProcess, { reason, detail }: ProcessEnd): void {
    if (this.#process !== process) return
    this.#process = null
    this.#stopWatching()
    if (this.#closed) return
    const { id, log, onLost, timing } = this.#options
    if (this.#readyAt !== null && performance.now() - this.#readyAt >= timing.probation) this.#attempts = 0
    // What has worked before is worth trying for ever: else five bad requests would take a model away from everybody.
    const hopeless = !this.#everAnswered && this.#attempts >= timing.attempts
    const neverLoaded = reason.startsWith('it cannot be loaded') && !this.#everAnswered
    if (hopeless || neverLoaded) {
      this.#state = { state: 'failed', reason }
      log({ type: 'model-failed', model: id, reason, detail })
    } else {
      const pause = Math.max(this.pause, timing.shortestPause)
      this.#state = { state: 'restarting', reason }
      this.#pause = setTimeout(() => this.start(), pause)
      log({ type: 'model-lost', model: id, reason, detail, pause })
    }
    onLost(reason)
  }

  /**
   * Silence alone proves nothing: one step of a big model on a small machine takes minutes. A process that hangs uses
   * no processor either, for its threads do not spin.
   */
  #look(process: ModelProcess): void {
    const { silence, longestSilence } = this.#options.timing
    if (!this.#busy && this.#state.state === 'ready') return
    const now = performance.now()
    const processorTime = process.processorTime()
    if (processorTime === null || processorTime !== this.#lastProcessorTime) this.#lastWorkAt = now
    this.#lastProcessorTime = processorTime
    const idle = now - this.#lastWorkAt >= silence && this.#state.state === 'ready'
    if (idle || now - this.#lastReportAt >= longestSilence) process.end('it did not answer any more')
  }

  #stopWatching(): void {
    if (this.#watch !== null) clearInterval(this.#watch)
    this.#watch = null
  }
}
