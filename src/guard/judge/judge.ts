/** The second layer: an encoder with heads for harm in prompts, harm in answers, attacks and hazards, in its own thread. */
import { Worker } from 'node:worker_threads'
import { besideModule } from '../../core/entry.ts'
import type { Scores } from '../../core/verdict.ts'
import type { Passage, Scorer } from '../scores.ts'
import type { FromJudge, ToJudge } from './judge-protocol.ts'

interface Waiting {
  resolve(scores: Scores): void
  reject(error: Error): void
}

/** Longest that a passage may take, queue included, before the judge counts as hung; in milliseconds. */
const patience = 10_000
/** Most passages that wait. Beyond it the judge says no at once: memory is bounded. */
const mostWaiting = 4096

export class Judge implements Scorer {
  readonly name = 'judge'
  readonly #entry: URL
  readonly #patience: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #lastId = 0
  #closed = false

  /** @param changes what tests put in the place of the judge's own thread and patience. */
  constructor(changes: { readonly entry?: URL; readonly patience?: number } = {}) {
    this.#entry = changes.entry ?? besideModule(import.meta.url, 'judge-worker')
    this.#patience = changes.patience ?? patience
  }

  /** Loads the weights; throws when they are missing or broken. Scoring does the same where it has to. */
  async start(): Promise<void> {
    await this.score({ prompt: '', response: null })
  }

  /** Throws when the thread dies, hangs or has too much to do; the next passage gets a new thread. */
  async score(passage: Passage): Promise<Scores> {
    if (this.#closed) throw new Error('the judge is closed')
    if (this.#waiting.size >= mostWaiting) throw new Error('too many passages wait for the judge')
    const worker = (this.#worker ??= this.#opened())
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<Scores>()
    this.#waiting.set(id, { resolve, reject })
    const hung = setTimeout(() => this.#end(worker, 'the judge hangs'), this.#patience)
    hung.unref()
    worker.postMessage({ id, passage } satisfies ToJudge, [])
    try {
      return await promise
    } finally {
      clearTimeout(hung)
      this.#waiting.delete(id)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const worker = this.#worker
    if (worker === null) return
    this.#end(worker, 'the judge is closed')
    await worker.terminate()
  }

  #opened(): Worker {
    const worker = new Worker(this.#entry, { name: 'elpis-judge' })
    // It keeps no process alive: what is waited for does.
    worker.unref()
    worker.on('message', (message: FromJudge) => {
      if (message.type === 'ready') return
      const waiting = this.#waiting.get(message.id)
      if (message.type === 'scores') waiting?.resolve(message.scores)
      else waiting?.reject(new Error(message.reason))
    })
    worker.once('error', (error) => this.#end(worker, `the judge's thread ended: ${String(error)}`))
    worker.once('exit', () => this.#end(worker, "the judge's thread ended"))
    return worker
  }

  /** Whoever waits for this thread waits no longer. */
  #end(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return
    this.#worker = null
    void worker.terminate()
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(reason))
    this.#waiting.clear()
  }
}
