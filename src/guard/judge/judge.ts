/**
 * The second layer: an encoder with heads for harm in prompts, harm in answers, attacks and hazards, in threads of its own that
 * share its weights. Accounts that wait take turns; a thread that dies or hangs is replaced, and what it was given is
 * judged again, once.
 */
import { availableParallelism } from 'node:os'
import { besideModule } from '../../core/entry.ts'
import type { Scores } from '../../core/verdict.ts'
import type { Passage, Scorer, Turn } from '../scores.ts'
import { JudgeQueue } from './judge-queue.ts'
import { JudgeThread, type Task, type ThreadEnd } from './judge-thread.ts'
import type { SharedJudge } from './model.ts'

/** Longest that a passage may take, queue included, in milliseconds. */
const patience = 10_000
/** Passages that a thread is given at once: the next one lies ready while the server's loop is busy. */
const depth = 2
/** Threads that may end over one passage; then it counts as what ends them. */
const mostLost = 2
/** A thread is not given up sooner than after so many milliseconds, however short the patience. */
const leastHang = 1000
/** Where nobody says how many threads. */
const mostThreads = 4
/** Of what nobody asked for. */
const ownTurn: Turn = { account: '', later: false }

export interface JudgeOptions {
  /** How many threads; 0 for one for each processor but one, up to four. */
  readonly threads?: number
  /** Longest that a passage may take, queue included, in milliseconds. */
  readonly patience?: number
  /** What tests put in the place of the judge's own thread. */
  readonly entry?: URL
}

/**
 * `score` starts the threads that it needs; `close` ends them. Scores are from 0 to 1; all failures are throws, which
 * the guard treats as `unavailable`.
 */
export class Judge implements Scorer {
  readonly name = 'judge'
  readonly #entry: URL
  readonly #patience: number
  readonly #threads: (JudgeThread | null)[]
  readonly #queue = new JudgeQueue()
  /** What the first thread loaded. */
  #shared: SharedJudge | null = null
  #closed = false

  constructor({ threads = 0, entry, patience: longest = patience }: JudgeOptions = {}) {
    // One processor is left to the server's own thread: what it says comes from there.
    const count = threads === 0 ? Math.max(1, Math.min(mostThreads, availableParallelism() - 1)) : threads
    this.#entry = entry ?? besideModule(import.meta.url, 'judge-worker')
    this.#patience = longest
    this.#threads = Array.from({ length: count }, () => null)
  }

  /** Loads the weights; throws when they are missing or broken. Scoring does the same where it has to. */
  async start(): Promise<void> {
    await this.score({ prompt: '', response: null })
  }

  /** Throws when its threads die or hang over it, when it takes too long, or there is too much to do. */
  async score(passage: Passage, turn = ownTurn): Promise<Scores> {
    if (this.#closed) throw new Error('the judge is closed')
    const { promise, resolve, reject } = Promise.withResolvers<Scores>()
    const task: Task = { passage, turn, lost: 0, settled: false, resolve, reject }
    this.#queue.add(task)
    const late = setTimeout(() => reject(new Error('the judge takes too long')), this.#patience)
    late.unref()
    this.#open()
    this.#assign()
    try {
      return await promise
    } finally {
      task.settled = true
      this.#queue.remove(task)
      clearTimeout(late)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const reason = 'the judge is closed'
    for (const task of this.#queue.drain()) task.reject(new Error(reason))
    await Promise.all(this.#threads.flatMap((thread) => thread?.close(reason) ?? []))
  }

  /** Gives what waits to the threads that have least to do. */
  #assign(): void {
    for (let idlest = this.#idlest(); idlest !== null; idlest = this.#idlest()) {
      const task = this.#queue.next()
      if (task === undefined) return
      if (!task.settled) idlest.give(task)
    }
  }

  /** The first of the threads that have least to do; null when none can be given more. */
  #idlest(): JudgeThread | null {
    let idlest: JudgeThread | null = null
    for (const thread of this.#threads) {
      if (thread?.ready !== true || thread.load >= depth) continue
      if (idlest === null || thread.load < idlest.load) idlest = thread
    }
    return idlest
  }

  /** The first thread loads the weights; the others begin once they are there. */
  #open(): void {
    if (this.#closed) return
    for (const at of this.#threads.keys()) {
      if (this.#threads[at] !== null) continue
      if (this.#shared === null && this.#threads.some((thread) => thread !== null)) return
      this.#threads[at] = this.#opened(at)
    }
  }

  #opened(at: number): JudgeThread {
    const data = { thread: at, threads: this.#threads.length, shared: this.#shared }
    return new JudgeThread(this.#entry, data, Math.max(leastHang, this.#patience / 3), {
      ready: (shared) => {
        this.#shared ??= shared
        this.#open()
        this.#assign()
      },
      free: () => this.#assign(),
      ended: (end) => this.#ended(at, end),
    })
  }

  #ended(at: number, { reason, wasReady, left }: ThreadEnd): void {
    this.#threads[at] = null
    // It computed the first; the others only lay ready.
    const [suspect] = left
    if (suspect !== undefined) suspect.lost++
    const given = (task: Task) => !this.#closed && task.lost < mostLost
    for (const task of left) if (!given(task)) task.reject(new Error(reason))
    this.#queue.giveBack(left.filter(given))
    // One that never came to judge is begun anew for the next passage only, or it would be without end.
    if (wasReady) this.#open()
    else if (this.#threads.every((thread) => thread === null))
      for (const task of this.#queue.drain()) task.reject(new Error(reason))
    this.#assign()
  }
}
