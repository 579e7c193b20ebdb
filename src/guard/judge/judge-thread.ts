import { Worker } from 'node:worker_threads'
import type { Scores } from '../../core/verdict.ts'
import type { Passage, Turn } from '../scores.ts'
import type { FromJudge, JudgeThreadData, ToJudge } from './judge-protocol.ts'
import type { SharedJudge } from './model.ts'

/** A passage that somebody waits for. */
export interface Task {
  readonly passage: Passage
  readonly turn: Turn
  /** Threads that ended over it. */
  lost: number
  /** Nobody waits for it any more. */
  settled: boolean
  resolve(scores: Scores): void
  reject(error: Error): void
}

export interface ThreadEvents {
  /** It can be given passages. `shared` is what it loaded; null when it was given that. */
  ready(shared: SharedJudge | null): void
  /** It has room for another passage. */
  free(): void
  /** It is gone, once. */
  ended(end: ThreadEnd): void
}

export interface ThreadEnd {
  readonly reason: string
  /** It had come to judge. */
  readonly wasReady: boolean
  /** What it was given and did not answer, the oldest first. */
  readonly left: readonly Task[]
}

/** Milliseconds until a thread is given up that does not come to judge. */
const loading = 60_000

/** One thread, and what it was given. */
export class JudgeThread {
  readonly #worker: Worker
  readonly #given = new Map<number, Task>()
  readonly #hangs: number
  #hung: NodeJS.Timeout
  readonly #events: ThreadEvents
  #lastId = 0
  #ended = false
  ready = false

  /** @param hangs milliseconds over one passage after which it is given up. */
  constructor(entry: URL, data: JudgeThreadData, hangs: number, events: ThreadEvents) {
    this.#events = events
    this.#hangs = hangs
    this.#worker = new Worker(entry, { name: `elpis-judge-${data.thread}`, workerData: data })
    // It keeps no process alive: what is waited for does.
    this.#worker.unref()
    this.#hung = setTimeout(() => this.#end('the judge does not begin'), loading).unref()
    this.#worker.on('message', (message: FromJudge) => this.#heard(message))
    this.#worker.once('error', (error) => this.#end(`the judge's thread ended: ${String(error)}`))
    this.#worker.once('exit', () => this.#end("the judge's thread ended"))
  }

  /** How many passages it was given and has not answered. */
  get load(): number {
    return this.#given.size
  }

  give(task: Task): void {
    const id = ++this.#lastId
    if (this.#given.size === 0) this.#hung.refresh()
    this.#given.set(id, task)
    this.#worker.postMessage({ id, passage: task.passage } satisfies ToJudge, [])
  }

  async close(reason: string): Promise<void> {
    this.#end(reason)
    await this.#worker.terminate()
  }

  #heard(message: FromJudge): void {
    if (this.#ended) return
    if (message.type === 'ready') {
      this.ready = true
      clearTimeout(this.#hung)
      this.#hung = setTimeout(() => this.#isLate(), this.#hangs).unref()
      this.#events.ready(message.shared)
      return
    }
    const task = this.#given.get(message.id)
    this.#given.delete(message.id)
    if (this.#given.size > 0) this.#hung.refresh()
    if (message.type === 'scores') task?.resolve(message.scores)
    else task?.reject(new Error(message.reason))
    this.#events.free()
  }

  #isLate(): void {
    if (this.#given.size > 0) this.#end('the judge hangs')
  }

  #end(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    const wasReady = this.ready
    this.ready = false
    clearTimeout(this.#hung)
    const end = { reason, wasReady, left: [...this.#given.values()] }
    // Its place in the memory is another's only once it computes no more.
    void this.#worker.terminate().finally(() => this.#events.ended(end))
  }
}
