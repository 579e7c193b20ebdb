/** Answers requests with one model: lets them in, makes their prompts, gives them turns, and passes their parts on. */
import type { Clock } from '../core/clock.ts'
import type { ModelStatus } from '../core/engine.ts'
import type { Request } from '../core/request.ts'
import { asElpisError, elpisError, type ElpisError } from '../errors.ts'
import { ChatPrompts, type Prompt } from './chat-prompt.ts'
import { ModelQueue } from './model-queue.ts'
import { ModelSupervisor, type SupervisorOptions } from './model-supervisor.ts'
import type { PartStream } from './part-stream.ts'
import type { JobEvent, LoadedModel } from './protocol.ts'

export interface RunnerOptions extends Omit<SupervisorOptions, 'onReady' | 'onStep' | 'onLost'> {
  /** Requests that may wait besides those that are being answered. */
  readonly places: number
  /** Milliseconds that a request waits for a model that is loading or restarting. */
  readonly readyWait: number
  readonly clock: Clock
}

/** A request that the process works on. */
interface Job {
  readonly request: Request
  readonly stream: PartStream
  /** Choices that have not finished. */
  readonly left: Set<number>
  /** UTF-16 units that came so far. */
  length: number
  readonly settle: () => void
}

/** More than the longest answer that anybody could ask for; a process that says more is out of its mind. */
const longestAnswer = 64 * 1024 * 1024

export class ModelRunner {
  readonly #options: RunnerOptions
  readonly #queue: ModelQueue
  readonly #supervisor: ModelSupervisor
  readonly #jobs = new Map<number, Job>()
  /** One for each request inside; aborted when the engine is closed. */
  readonly #endings = new Set<AbortController>()
  #closed = false
  #nextJob = 1
  #loaded: LoadedModel | null = null
  #prompts: ChatPrompts | null = null
  #watchers: (() => void)[] = []

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#queue = new ModelQueue(options.load.sequences, options.places)
    this.#supervisor = new ModelSupervisor({
      ...options,
      onReady: (model) => {
        this.#loaded = model
        this.#prompts ??= new ChatPrompts(options.id, model)
        this.#queue.setOpen(true)
        this.#tellWatchers()
      },
      onStep: ({ events }) => {
        for (const event of events) this.#pass(event)
      },
      onLost: (reason) => {
        this.#queue.setOpen(false)
        this.#failAll(elpisError('engine_failed', { reason }))
        this.#tellWatchers()
      },
    })
  }

  /** What the process told about the model; null until it was loaded once. */
  get loaded(): LoadedModel | null {
    return this.#loaded
  }

  /** Process id; undefined while there is none. */
  get pid(): number | undefined {
    return this.#supervisor.pid
  }

  start(): void {
    this.#supervisor.start()
  }

  status(): ModelStatus {
    const { active, queued } = this.#queue
    return { model: this.#options.id, state: this.#supervisor.state, active, queued }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const ending of this.#endings) ending.abort(elpisError('shutting_down'))
    this.#failAll(elpisError('shutting_down'))
    await Promise.all([this.#supervisor.close(), this.#prompts?.close()])
  }

  /** Puts the whole answer to `request` into `stream`, which it ends. Never throws. */
  async answer(request: Request, stream: PartStream): Promise<void> {
    const ending = new AbortController()
    const signal = AbortSignal.any([request.signal, stream.returned, ending.signal])
    this.#endings.add(ending)
    try {
      if (this.#closed) throw elpisError('shutting_down')
      signal.throwIfAborted()
      this.#queue.enter()
      try {
        const prompts = await this.#whenReady(signal)
        const prompt = await prompts.of(request.input, this.#options.clock.now(), signal)
        await this.#queue.turn(request.choices, signal)
        await this.#run(request, prompt, stream, signal)
      } finally {
        this.#queue.leave()
      }
    } catch (error) {
      // Nobody waits any more: that is an ending, not a failure.
      if (signal.aborted && !this.#closed) cancelled(request, stream)
      else stream.push({ type: 'error', error: asElpisError(error) })
    } finally {
      this.#endings.delete(ending)
      stream.end()
    }
  }

  async #whenReady(signal: AbortSignal): Promise<ChatPrompts> {
    let deadline: AbortSignal | null = null
    for (;;) {
      const { state } = this.#supervisor.state
      if (state === 'ready' && this.#prompts !== null) return this.#prompts
      deadline ??= AbortSignal.timeout(this.#options.readyWait)
      if (state === 'failed' || deadline.aborted) throw this.#notReady()
      await this.#change(AbortSignal.any([signal, deadline]))
      signal.throwIfAborted()
    }
  }

  /** Resolved when the state of the model has changed, or `signal` is aborted. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const tell = () => {
        this.#watchers = this.#watchers.filter((watcher) => watcher !== tell)
        signal.removeEventListener('abort', tell)
        resolve()
      }
      this.#watchers.push(tell)
      signal.addEventListener('abort', tell, { once: true })
      if (signal.aborted) tell()
    })
  }

  #tellWatchers(): void {
    for (const tell of this.#watchers.slice()) tell()
  }

  #notReady(): ElpisError {
    const { state } = this.#supervisor
    const words = {
      loading: () => `still loading (${Math.round((state.state === 'loading' ? state.fraction : 0) * 100)}%)`,
      restarting: () => `restarting: ${state.state === 'restarting' ? state.reason : ''}`,
      failed: () => `not usable: ${state.state === 'failed' ? state.reason : ''}`,
      ready: () => 'ready in a moment',
    }
    const error = elpisError('model_not_ready', { model: this.#options.id, state: words[state.state]() })
    if (state.state !== 'failed') error.retryAfter = Math.ceil(this.#supervisor.pause / 1000) + 1
    return error
  }

  /** Resolved when the process has said its last about this request, or is gone. */
  async #run(request: Request, prompt: Prompt, stream: PartStream, signal: AbortSignal): Promise<void> {
    const begun = performance.now()
    const id = this.#nextJob++
    const cancel = () => this.#supervisor.send({ type: 'cancel', job: id })
    try {
      signal.throwIfAborted()
      // It may have been lost between the turn and now.
      if (this.#supervisor.state.state !== 'ready') throw this.#notReady()
      await new Promise<void>((settle) => {
        const left = new Set(Array.from({ length: request.choices }, (_, choice) => choice))
        this.#jobs.set(id, { request, stream, left, length: 0, settle })
        this.#supervisor.setBusy(true)
        signal.addEventListener('abort', cancel, { once: true })
        this.#supervisor.send({ type: 'generate', job: jobOf(id, request, prompt) })
      })
    } finally {
      signal.removeEventListener('abort', cancel)
      this.#jobs.delete(id)
      this.#supervisor.setBusy(this.#jobs.size > 0)
      this.#queue.done(request.choices, performance.now() - begun)
    }
  }

  #pass(event: JobEvent): void {
    const job = this.#jobs.get(event.job)
    if (job === undefined) return
    const { stream } = job
    switch (event.type) {
      case 'started':
        stream.push({
          type: 'start',
          promptTokens: event.promptTokens,
          cachedTokens: event.cachedTokens,
        })
        return
      case 'text': {
        job.length += event.text.length
        if (job.length > longestAnswer) this.#supervisor.end('its process did not stop talking')
        const { choice, text, tokens, logprobs } = event
        if (job.left.has(choice)) stream.push({ type: 'text-delta', choice, text, tokens, logprobs })
        return
      }
      case 'finished':
        if (job.left.delete(event.choice)) {
          stream.push({ type: 'finish', choice: event.choice, reason: event.reason })
        }
        return
      case 'ended':
        for (const choice of job.left) stream.push({ type: 'finish', choice, reason: 'cancelled' })
        stream.push({ type: 'usage', usage: { ...event.usage, reasoningTokens: 0 } })
        if (event.usage.outputTokens > 0) this.#supervisor.answered()
        job.settle()
        return
      case 'too-long': {
        const { promptTokens: prompt, contextTokens: context } = event
        this.#fail(job, elpisError('context_exceeded', { prompt, context }))
        return
      }
      case 'failed':
        this.#fail(job, elpisError('engine_failed', { reason: event.reason }))
        return
      default:
        event satisfies never
    }
  }

  #fail(job: Job, error: ElpisError): void {
    job.stream.push({ type: 'error', error })
    job.stream.end()
    job.settle()
  }

  #failAll(error: ElpisError): void {
    for (const job of this.#jobs.values()) this.#fail(job, error)
  }
}

function jobOf(id: number, request: Request, prompt: Prompt) {
  const { sampling, choices, maxTokens, stop, ignoreEos, topLogprobs } = request
  return {
    id,
    prompt: prompt.segments,
    addBos: prompt.addBos,
    sampling,
    choices,
    maxTokens,
    stop,
    ignoreEos,
    topLogprobs,
  }
}

/** The end of an answer that nobody waits for and that never began. */
function cancelled(request: Request, stream: PartStream): void {
  for (let choice = 0; choice < request.choices; choice++) {
    stream.push({ type: 'finish', choice, reason: 'cancelled' })
  }
  stream.push({
    type: 'usage',
    usage: { promptTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  })
}
