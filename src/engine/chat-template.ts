/** Renders one model's chat template in its locked process, with a deadline. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { z } from 'zod'
import { besideModule } from '../core/entry.ts'
import type { TemplateModel, TemplateTask } from './chat-template-process.ts'
import { startLockedProcess } from './locked-process.ts'
import type { Segment } from './protocol.ts'

/** What the process says. It is checked, for the template may have taken the process over. */
const templateOutcome = z.discriminatedUnion('type', [
  /** It waits for the model, or for a task. */
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('rendered'),
    segments: z.array(z.object({ text: z.string(), control: z.boolean() })),
  }),
  /** The template itself says no, in its own words. */
  z.object({ type: z.literal('refused'), reason: z.string().max(500) }),
  /** The template cannot be run. */
  z.object({ type: z.literal('broken'), reason: z.string().max(500) }),
])
export type TemplateOutcome = z.output<typeof templateOutcome>

export interface ChatTemplateLimits {
  /** Longest time for one rendering. */
  readonly milliseconds: number
  /** Longest time for the process to start. */
  readonly startMilliseconds: number
  readonly heapMegabytes: number
}

const defaultLimits: ChatTemplateLimits = {
  milliseconds: 2000,
  startMilliseconds: 20_000,
  heapMegabytes: 256,
}

/** Nothing else ends it. */
const processEnded = 'it takes too much memory'

/** The template, or what it came with, is at fault. `reason` completes the sentence "the template …". */
export class TemplateFailure extends Error {}

/** Makes the prompts of one model: one process, one rendering at a time, in the order of the calls. */
export class ChatTemplateProcess {
  readonly #model: TemplateModel
  readonly #limits: ChatTemplateLimits
  #child: ChildProcess | null = null
  #ready: Promise<ChildProcess> | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(model: TemplateModel, limits: Partial<ChatTemplateLimits> = {}) {
    this.#model = model
    this.#limits = { ...defaultLimits, ...limits }
  }

  /** Process id; null while there is none. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** Starts the process, so that the first rendering need not wait for it. */
  warm(): void {
    this.#started().catch(() => undefined)
  }

  /**
   * @throws {TemplateFailure} when the template refuses, fails, or takes too much of anything.
   * @throws the reason of `signal`, when it is aborted before the turn has come or in mid-rendering.
   */
  async render(task: TemplateTask, signal: AbortSignal): Promise<Segment[]> {
    const turn = this.#turn.then(() => {
      signal.throwIfAborted()
      return this.#renderNow(task)
    })
    // Whoever leaves does not hold up the next: the rendering itself ends by its deadline.
    this.#turn = turn.catch(() => undefined)
    return withSignal(turn, signal)
  }

  async close(): Promise<void> {
    this.#closed = true
    const child = this.#child
    this.#end()
    if (child !== null && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    await this.#turn
  }

  async #renderNow(task: TemplateTask): Promise<Segment[]> {
    const child = await this.#started()
    const outcome = await this.#ask(child, task)
    switch (outcome.type) {
      case 'rendered':
        return outcome.segments
      case 'refused':
        throw new TemplateFailure(outcome.reason)
      case 'broken':
        throw new TemplateFailure(`it cannot be run: ${outcome.reason}`)
      case 'ready':
        throw new TemplateFailure('it cannot be run: its process lost its turn')
      default:
        throw new Error(outcome satisfies never)
    }
  }

  async #ask(child: ChildProcess, task: TemplateTask): Promise<TemplateOutcome> {
    const done = new AbortController()
    try {
      return await new Promise((resolve, reject) => {
        const fail = (reason: string) => {
          this.#end()
          reject(new TemplateFailure(reason))
        }
        const seconds = this.#limits.milliseconds / 1000
        const timer = setTimeout(() => fail(`it takes longer than ${seconds} s`), this.#limits.milliseconds)
        done.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
        onceUntil(child, 'message', done.signal, (message) => {
          const outcome = templateOutcome.safeParse(message)
          if (outcome.success) resolve(outcome.data)
          else fail('its process speaks nonsense')
        })
        onceUntil(child, 'exit', done.signal, () => fail(processEnded))
        child.send(task, (error) => {
          if (error !== null) fail(processEnded)
        })
      })
    } finally {
      done.abort()
    }
  }

  #started(): Promise<ChildProcess> {
    this.#ready ??= this.#start()
    return this.#ready
  }

  async #start(): Promise<ChildProcess> {
    if (this.#closed) throw new Error('The process for chat templates is closed.')
    const child = startLockedProcess({
      entry: besideModule(import.meta.url, 'chat-template-process'),
      reads: [],
      packages: ['@huggingface/jinja'],
      nodeOptions: [`--max-old-space-size=${this.#limits.heapMegabytes}`],
      serialization: 'json',
    })
    this.#child = child
    child.on('error', () => undefined)
    child.once('exit', () => {
      if (this.#child === child) this.#child = this.#ready = null
    })
    // Read, so that a full pipe stops nobody; what a stranger's program prints is of no use.
    child.stderr?.resume()
    try {
      const signal = AbortSignal.any([
        AbortSignal.timeout(this.#limits.startMilliseconds),
        signalOf(child, 'exit'),
      ])
      await once(child, 'message', { signal })
      child.send(this.#model)
      await once(child, 'message', { signal })
    } catch {
      this.#end()
      throw new Error('The process for chat templates does not start.')
    }
    return child
  }

  #end(): void {
    this.#child?.kill('SIGKILL')
    this.#child = this.#ready = null
  }
}

function onceUntil(
  child: ChildProcess,
  event: string,
  until: AbortSignal,
  listener: (value: unknown) => void,
) {
  child.once(event, listener)
  until.addEventListener('abort', () => child.off(event, listener), { once: true })
}

function signalOf(child: ChildProcess, event: string): AbortSignal {
  const controller = new AbortController()
  child.once(event, () => controller.abort())
  return controller.signal
}

async function withSignal<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const left = Promise.withResolvers<never>()
  const leave = () => left.reject(signal.reason)
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  left.promise.catch(() => undefined)
  work.catch(() => undefined)
  try {
    return await Promise.race([work, left.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
