/** Answers requests with one model: lets them in, makes their prompts, gives them turns, and passes their parts on. */
import type { Clock } from '../core/clock.ts'
import type { ModelStatus, Occupancy } from '../core/engine.ts'
import type { EngineRequest } from '../core/request.ts'
import { asElpisError, elpisError, type ElpisError } from '../errors.ts'
import { answerPlan } from './answer-plan.ts'
import { BriefRunner, type Admit } from './brief-runner.ts'
import { ChatPrompts, type Prompt } from './chat-prompt.ts'
import { grammarOf } from './grammar/format-grammar.ts'
import { Changes } from './changes.ts'
import { ModelAdapters } from './model-adapters.ts'
import { ModelQueue, wishOf } from './model-queue.ts'
import { ModelSupervisor, type SupervisorOptions } from './model-supervisor.ts'
import type { PartStream } from './part-stream.ts'
import { notReady } from './not-ready.ts'
import { patienceUntil } from './patience.ts'
import { jobOf, openTextOf, type Prepared } from './prepared-job.ts'
import { tellOfLoad } from './load-telling.ts'
import type { LoadedModel, StateReading } from './protocol.ts'
import type { House } from './residency.ts'
import { RunningJobs } from './running-jobs.ts'

export interface RunnerOptions extends Omit<
  SupervisorOptions,
  'states' | 'onProgress' | 'onReady' | 'onStep' | 'onAdapter' | 'onBrief' | 'onLost'
> {
  /** What is read of its hidden states, asked at every load; `broken`: a probe that cannot be used. */
  readonly states: () => StateReading | 'broken' | null
  /** Requests that may wait besides those that are being answered. */
  readonly places: number
  /** Requests of one account that may be inside, waiting or not. */
  readonly placesPerAccount: number
  /** Milliseconds that a request waits for a model that is loading or restarting, while nothing goes on. */
  readonly readyWait: number
  /** Milliseconds between two words to whoever waits for a model that is not ready. */
  readonly telling: number
  /** Has the model brought into memory and kept there. */
  readonly house: House
  readonly clock: Clock
  /** Beginnings of system prompts that everybody may know. */
  readonly sharedPrompts: readonly string[]
}

/**
 * One model of the engine: queue, prompts and jobs on top of a `ModelSupervisor`. All work enters through the queue's
 * places, and its failures are parts or an `ElpisError`.
 */
export class ModelRunner {
  /** What it does besides generating. */
  readonly brief: BriefRunner
  readonly adapters: ModelAdapters
  readonly #options: RunnerOptions
  readonly #queue: ModelQueue
  readonly #supervisor: ModelSupervisor
  readonly #jobs: RunningJobs
  readonly #changes = new Changes()
  /** One for each request inside; aborted when the engine is closed. */
  readonly #endings = new Set<AbortController>()
  #closed = false
  #nextJob = 1
  #loaded: LoadedModel | null = null
  #occupancy: Occupancy | null = null
  #probed = false
  #prompts: ChatPrompts | null = null

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#jobs = new RunningJobs({
      onSuccess: () => this.#supervisor.answered(),
      onFlood: () => this.#supervisor.end('its process did not stop talking'),
    })
    this.adapters = new ModelAdapters(options.id, (command) => this.#supervisor.send(command))
    this.#queue = new ModelQueue(options.load.sequences, options.places, options.placesPerAccount)
    this.#supervisor = new ModelSupervisor({
      ...options,
      states: () => {
        const states = options.states()
        this.#probed = states === 'broken' || (states !== null && states.probe !== null)
        return states === 'broken' ? null : states
      },
      onProgress: () => this.#changes.tell(),
      onReady: (model) => {
        this.#loaded = model
        this.#prompts ??= new ChatPrompts(options.id, model)
        this.#queue.setOpen(true)
        this.adapters.arrive()
        options.house.loaded()
        this.#changes.tell()
      },
      onStep: ({ events, occupancy }) => {
        if (occupancy !== undefined) this.#occupancy = occupancy
        for (const event of events) this.#jobs.hear(event)
      },
      onBrief: (report) => this.brief.jobs.hear(report),
      onAdapter: (report) => {
        this.adapters.hear(report)
        this.#changes.tell()
      },
      onLost: (reason) => {
        this.#queue.setOpen(false)
        this.#occupancy = null
        this.adapters.depart()
        this.#failAll(elpisError('engine_failed', { reason }))
        if (this.#supervisor.state.state === 'failed') options.house.failed()
        this.#changes.tell()
      },
    })
    this.brief = new BriefRunner({
      id: options.id,
      admit: this.#admit,
      promptOf: async ({ input, outlook }, signal) =>
        await (await this.#whenReady(signal)).of(input, options.clock.now(), signal, outlook),
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

  /** Whether there is a probe for it, be it a broken one. */
  get probed(): boolean {
    return this.#probed
  }

  /** Process id; undefined while there is none. */
  get pid(): number | undefined {
    return this.#supervisor.pid
  }

  start(): void {
    this.#supervisor.start()
    this.#changes.tell()
  }

  /** Frees the model's memory; `start` brings it back. Nobody may be using it. */
  async unload(): Promise<void> {
    this.#queue.setOpen(false)
    this.#occupancy = null
    this.adapters.depart()
    await this.#supervisor.unload()
  }

  status(): ModelStatus {
    const { active, queued } = this.#queue
    const { pid } = this
    return {
      model: this.#options.id,
      state: this.#supervisor.state,
      active,
      queued,
      ...(pid === undefined ? {} : { processId: pid }),
      ...(this.#occupancy === null ? {} : { occupancy: this.#occupancy }),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const ending of this.#endings) ending.abort(elpisError('shutting_down'))
    this.#failAll(elpisError('shutting_down'))
    await Promise.all([this.#supervisor.close(), this.#prompts?.close()])
  }

  /** Puts the whole answer to `request` into `stream`, which it ends. Never throws. */
  async answer(request: EngineRequest, stream: PartStream, adapter: string | null = null): Promise<void> {
    const came = performance.now()
    const ending = new AbortController()
    const signal = AbortSignal.any([request.signal, stream.returned, ending.signal])
    this.#endings.add(ending)
    try {
      if (this.#closed) throw elpisError('shutting_down')
      signal.throwIfAborted()
      // What cannot be held to is refused before anything waits for it.
      const format = grammarOf(request)
      using patience = patienceUntil(request.deadline, this.#options.clock)
      const beginning = AbortSignal.any([signal, patience.signal])
      using telling = tellOfLoad(stream, () => this.#supervisor.state, this.#options.telling)
      await this.#inside(request.share.account, beginning, async () => {
        const prompts = await this.#whenReady(beginning)
        const renderedAt = request.recorded?.renderedAt ?? this.#options.clock.now()
        const openText = openTextOf(request, this.#options.sharedPrompts)
        const [prompt, open] = await Promise.all([
          prompts.of(request.input, renderedAt, beginning, request),
          openText === null ? null : prompts.openBeginning(openText, renderedAt, beginning, request),
        ])
        const plan = answerPlan(request, prompts, prompt, format)
        const index = adapter === null ? null : await this.#whenAdapter(adapter, beginning)
        try {
          await this.#turn(request, prompt, beginning)
          telling[Symbol.dispose]()
          const waitedMs = performance.now() - came
          await this.#run(request, { prompt, open, plan, adapter: index, waitedMs }, stream, signal)
        } finally {
          if (index !== null) this.adapters.release(index)
        }
      })
    } catch (error) {
      // Nobody waits any more: that is an ending, not a failure.
      if (signal.aborted && !this.#closed) cancelled(request, stream)
      else stream.push({ type: 'error', error: asElpisError(error) })
    } finally {
      this.#endings.delete(ending)
      stream.end()
    }
  }

  /** Waits for its sequences. */
  async #turn(request: EngineRequest, prompt: Prompt, signal: AbortSignal): Promise<void> {
    const { choices, maxTokens: mostTokens } = request
    const characters = prompt.segments.reduce(
      (sum, { text, tokens = [] }) => sum + text.length + 4 * tokens.length,
      0,
    )
    await this.#queue.turn(wishOf(request, { choices, characters, mostTokens }), signal)
  }

  /** Has a place in the queue, and the model in memory, for as long as `work` takes. */
  async #inside<Result>(account: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const { house } = this.#options
    this.#queue.enter(account)
    try {
      await house.enter(signal)
      try {
        return await work()
      } finally {
        house.leave()
      }
    } finally {
      this.#queue.leave(account)
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
      return await this.#inside(request.share.account, signal, async () => {
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
      })
    } finally {
      this.#endings.delete(ending)
    }
  }

  #failAll(error: ElpisError): void {
    this.#jobs.failAll(error)
    this.brief.jobs.failAll(error)
  }

  #tellBusy(): void {
    this.#supervisor.setBusy(this.#jobs.size > 0 || this.brief.jobs.busy)
  }

  async #whenReady(signal: AbortSignal): Promise<ChatPrompts> {
    let seen = 0
    let deadline = AbortSignal.timeout(this.#options.readyWait)
    for (;;) {
      const { state } = this.#supervisor
      if (state.state === 'ready' && this.#prompts !== null) return this.#prompts
      if (state.state === 'failed' || deadline.aborted) throw this.#notReady()
      await this.#changes.next(AbortSignal.any([signal, deadline]))
      signal.throwIfAborted()
      // As long as more and more of the weights is there, waiting is of use.
      const fraction = this.#supervisor.state.state === 'loading' ? this.#supervisor.state.fraction : 0
      if (fraction > seen) deadline = AbortSignal.timeout(this.#options.readyWait)
      seen = fraction
    }
  }

  /** The index of an adapter, once it is loaded. */
  async #whenAdapter(name: string, signal: AbortSignal): Promise<number> {
    const deadline = AbortSignal.timeout(this.#options.readyWait)
    for (;;) {
      const index = this.adapters.take(name)
      if (index !== null) return index
      if (deadline.aborted) throw this.#notReady()
      await this.#changes.next(AbortSignal.any([signal, deadline]))
      signal.throwIfAborted()
    }
  }

  #notReady(): ElpisError {
    return notReady(this.#options.id, this.#supervisor.state, this.#supervisor.pause)
  }

  /** Resolved when the process has said its last about this request, or is gone. */
  async #run(
    request: EngineRequest,
    prepared: Prepared & { readonly waitedMs: number },
    stream: PartStream,
    signal: AbortSignal,
  ): Promise<void> {
    const begun = performance.now()
    const id = this.#nextJob++
    const cancel = () => this.#supervisor.send({ type: 'cancel', job: id })
    try {
      signal.throwIfAborted()
      // It may have been lost between the turn and now.
      const { adapter } = prepared
      const present = adapter === null || this.adapters.isReady(adapter)
      if (this.#supervisor.state.state !== 'ready' || !present) throw this.#notReady()
      const ended = this.#jobs.begin(id, {
        request,
        stream,
        readers: prepared.plan.readers,
        waitedMs: prepared.waitedMs,
      })
      this.#tellBusy()
      signal.addEventListener('abort', cancel, { once: true })
      const job = jobOf(id, request, prepared)
      this.#supervisor.send({ type: 'generate', job })
      await ended
    } finally {
      signal.removeEventListener('abort', cancel)
      this.#jobs.forget(id)
      this.#tellBusy()
      this.#queue.done(request.choices, performance.now() - begun)
    }
  }
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
