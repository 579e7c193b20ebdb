/** Answers requests with one model: lets them in, makes their prompts, gives them turns, and passes their parts on. */
import type { Clock } from '../core/clock.ts'
import type { ModelStatus } from '../core/engine.ts'
import type { EngineRequest, Input } from '../core/request.ts'
import { asElpisError, elpisError, type ElpisError } from '../errors.ts'
import { BriefRunner, type Admit } from './brief-runner.ts'
import { ChatPrompts, type Prompt } from './chat-prompt.ts'
import { ModelQueue, wishOf } from './model-queue.ts'
import { ModelSupervisor, type SupervisorOptions } from './model-supervisor.ts'
import type { PartStream } from './part-stream.ts'
import type { JobEvent, LoadedModel } from './protocol.ts'

export interface RunnerOptions extends Omit<SupervisorOptions, 'onReady' | 'onStep' | 'onBrief' | 'onLost'> {
  /** Requests that may wait besides those that are being answered. */
  readonly places: number
  /** Requests of one account that may be inside, waiting or not. */
  readonly placesPerAccount: number
  /** Milliseconds that a request waits for a model that is loading or restarting. */
  readonly readyWait: number
  readonly clock: Clock
  /** Beginnings of system prompts that everybody may know. */
  readonly sharedPrompts: readonly string[]
}

/** A request that the process works on. */
interface Job {
  readonly request: EngineRequest
  readonly stream: PartStream
  /** Choices that have not finished. */
  readonly left: Set<number>
  /** UTF-16 units that came so far. */
  length: number
  readonly settle: () => void
}

/** More than the longest answer that anybody could ask for; a process that says more is out of its mind. */
const longestAnswer = 64 * 1024 * 1024
/** What timers can count, in milliseconds. */
const longestTimer = 2 ** 31 - 1

export class ModelRunner {
  /** What it does besides generating. */
  readonly brief: BriefRunner
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
    this.#queue = new ModelQueue(options.load.sequences, options.places, options.placesPerAccount)
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
      onBrief: (report) => this.brief.hear(report),
      onLost: (reason) => {
        this.#queue.setOpen(false)
        this.#failAll(elpisError('engine_failed', { reason }))
        this.#tellWatchers()
      },
    })
    this.brief = new BriefRunner({
      id: options.id,
      admit: this.#admit,
      promptOf: async ({ input }, signal) =>
        await (await this.#whenReady(signal)).of(input, options.clock.now(), signal),
      nextJob: () => this.#nextJob++,
      begin: (command) => {
        if (this.#supervisor.state.state !== 'ready') throw this.#notReady()
        this.#supervisor.send(command)
      },
      cancel: (job) => this.#supervisor.send({ type: 'cancel', job }),
      onBusy: () => this.#tellBusy(),
      onSuccess: () => this.#supervisor.answered(),
      onNonsense: () => this.#supervisor.end('its process spoke nonsense'),
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
  async answer(request: EngineRequest, stream: PartStream): Promise<void> {
    const ending = new AbortController()
    const signal = AbortSignal.any([request.signal, stream.returned, ending.signal])
    this.#endings.add(ending)
    try {
      if (this.#closed) throw elpisError('shutting_down')
      signal.throwIfAborted()
      const { account } = request.share
      this.#queue.enter(account)
      try {
        const prompts = await this.#whenReady(signal)
        const prompt = await prompts.of(request.input, this.#options.clock.now(), signal)
        await this.#turn(request, prompt, signal)
        await this.#run(request, prompt, stream, signal)
      } finally {
        this.#queue.leave(account)
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

  /** Waits for its sequences, as long as the client would still take an answer. @throws `deadline_passed` */
  async #turn(request: EngineRequest, prompt: Prompt, signal: AbortSignal): Promise<void> {
    const { choices, deadline, maxTokens: mostTokens } = request
    const characters = prompt.segments.reduce((sum, { text }) => sum + text.length, 0)
    const wish = wishOf(request, { choices, characters, mostTokens })
    if (deadline === null) {
      await this.#queue.turn(wish, signal)
      return
    }
    const patience = new AbortController()
    const left = Math.min(Math.max(0, deadline - this.#options.clock.now()), longestTimer)
    const timer = setTimeout(() => patience.abort(elpisError('deadline_passed')), left)
    try {
      await this.#queue.turn(wish, AbortSignal.any([signal, patience.signal]))
    } finally {
      clearTimeout(timer)
    }
  }

  /** Lets work in that is not generation: bounded by the same queue, ended by the same causes. */
  readonly #admit: Admit = async (request, characters, work) => {
    const ending = new AbortController()
    const signal = AbortSignal.any([request.signal, ending.signal])
    this.#endings.add(ending)
    try {
      if (this.#closed) throw elpisError('shutting_down')
      signal.throwIfAborted()
      const { account } = request.share
      this.#queue.enter(account)
      try {
        await this.#whenReady(signal)
        if (characters === null) return await work(this.#loaded!, signal)
        const size = { choices: 1, characters, mostTokens: 0 }
        await this.#queue.turn(wishOf({ share: request.share, priority: 0 }, size), signal)
        const begun = performance.now()
        try {
          return await work(this.#loaded!, signal)
        } finally {
          this.#queue.done(1, performance.now() - begun)
        }
      } finally {
        this.#queue.leave(account)
      }
    } finally {
      this.#endings.delete(ending)
    }
  }

  #tellBusy(): void {
    this.#supervisor.setBusy(this.#jobs.size > 0 || this.brief.busy)
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
  async #run(request: EngineRequest, prompt: Prompt, stream: PartStream, signal: AbortSignal): Promise<void> {
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
        this.#tellBusy()
        signal.addEventListener('abort', cancel, { once: true })
        this.#supervisor.send({
          type: 'generate',
          job: jobOf(id, request, prompt, this.#options.sharedPrompts),
        })
      })
    } finally {
      signal.removeEventListener('abort', cancel)
      this.#jobs.delete(id)
      this.#tellBusy()
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
    this.brief.failAll(error)
  }
}

function jobOf(id: number, request: EngineRequest, prompt: Prompt, sharedPrompts: readonly string[]) {
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
    adapter: null,
    cacheScope: request.share.cacheScope,
    openText: request.toolUse === null ? openTextOf(request.input, sharedPrompts) : null,
  }
}

/** The longest declared text that the conversation begins with, as its system prompt or at the start of that. */
function openTextOf(input: Input, sharedPrompts: readonly string[]): string | null {
  const first = input.kind === 'chat' ? input.messages[0] : undefined
  if (first?.role !== 'system') return null
  const fitting = sharedPrompts.filter((text) => first.content.startsWith(text))
  return fitting.reduce<string | null>(
    (best, text) => (text.length > (best?.length ?? 0) ? text : best),
    null,
  )
}

/** The end of an answer that nobody waits for and that never began. */
function cancelled(request: EngineRequest, stream: PartStream): void {
  for (let choice = 0; choice < request.choices; choice++) {
    stream.push({ type: 'finish', choice, reason: 'cancelled' })
  }
  stream.push({
    type: 'usage',
    usage: { promptTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  })
}
