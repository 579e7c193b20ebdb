/**
 * Continuous batching: every step computes one token of every running answer, and beside them some tokens of prompts.
 * Between two steps, answers end, waiting ones take their place, and cancelled ones are gone.
 *
 * Room in the cache is given out by arrival. A request is admitted when its prompt and the near future of everything
 * that runs fit; when the cache is full all the same, the youngest answer gives up its room and is computed again later,
 * so the oldest always goes on and no answer is ever cut short by its neighbours.
 */
import type { FinishReason } from '../../core/part.ts'
import type { Job, JobEvent } from '../protocol.ts'
import type { Release } from './answer-text.ts'
import type { Decoder } from './decoder.ts'
import { tokenLogprob } from './logprobs.ts'
import type { SequenceCache } from './sequence-cache.ts'
import { Answer, type Prefill, type Task } from './task.ts'
import type { VocabularyToken } from './vocabulary.ts'

export interface SchedulerOptions {
  readonly decoder: Decoder
  readonly cache: SequenceCache
  readonly sequences: number
  /** Most tokens of a prompt and its answer together; not more than the cache has. */
  readonly contextTokens: number
  /** Tokens of prompts in one step, alone and beside answers that would stall meanwhile. */
  readonly prefillTokens: { readonly alone: number; readonly beside: number }
  readonly token: (token: number) => VocabularyToken
  readonly suppressed: readonly number[]
  /** Takes the events of a step, in order. Never called without any. */
  readonly report: (events: readonly JobEvent[]) => void
}

/** How many tokens of each running answer are kept free when another request is admitted. */
const lookahead = 128

export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #tasks = new Map<number, Task>()
  /** Oldest first. */
  readonly #waiting: Prefill[] = []
  #prefills: Prefill[] = []
  #answers: Answer[] = []
  readonly #freeSequences: number[]
  #events: JobEvent[] = []
  #arrivals = 0
  #failures = 0

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#freeSequences = Array.from({ length: options.sequences }, (_, index) => options.sequences - 1 - index)
  }

  /** There is something to compute. */
  get busy(): boolean {
    return this.#waiting.length + this.#prefills.length + this.#answers.length > 0
  }

  /** Steps in a row that the model failed to compute. */
  get failures(): number {
    return this.#failures
  }

  submit(job: Job, prompt: Int32Array): void {
    const { contextTokens } = this.#options
    const promptTokens = prompt.length
    if (promptTokens >= contextTokens) {
      this.#emit({ type: 'too-long', job: job.id, promptTokens, contextTokens })
    } else if (promptTokens === 0) {
      this.#emit({ type: 'failed', job: job.id, reason: 'the prompt is empty' })
    } else {
      this.#accept(job, prompt)
    }
    this.#flush()
  }

  /** Ends a job now; unknown ones have ended already. */
  cancel(id: number): void {
    const task = this.#tasks.get(id)
    if (task === undefined) return
    this.#evict(task)
    for (const choice of task.unfinished) this.#emit({ type: 'finished', job: id, choice, reason: 'cancelled' })
    this.#end(task)
    this.#flush()
  }

  /** Computes one step. */
  step(): void {
    this.#admit()
    this.#makeRoom()
    if (this.#prefills.length + this.#answers.length > 0) this.#compute()
    this.#flush()
  }

  #accept(job: Job, prompt: Int32Array): void {
    const left = this.#options.contextTokens - prompt.length
    const task: Task = {
      job,
      prompt,
      order: this.#arrivals++,
      limit: Math.min(job.maxTokens ?? left, left),
      started: false,
      nextChoice: 0,
      unfinished: new Set(Array.from({ length: job.choices }, (_, choice) => choice)),
      sequences: new Set(),
      outputTokens: 0,
    }
    this.#tasks.set(job.id, task)
    if (task.limit > 0 && job.choices > 0) {
      this.#waiting.push({ task, tokens: prompt, done: 0, sequences: [], resumes: null })
      return
    }
    this.#start(task)
    for (const choice of task.unfinished) this.#emit({ type: 'finished', job: job.id, choice, reason: 'length' })
    this.#end(task)
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiting[0]
      if (next === undefined || this.#freeSequences.length === 0 || !this.#fits(next)) return
      this.#waiting.shift()
      next.sequences = this.#freeSequences.splice(-choicesOf(next)).toReversed()
      for (const sequence of next.sequences) next.task.sequences.add(sequence)
      this.#prefills.push(next)
      this.#start(next.task)
    }
  }

  /** Whether a request's tokens, and what all others will soon have, go into the cache together. */
  #fits(candidate: Prefill): boolean {
    if (this.#prefills.length + this.#answers.length === 0) return true
    const soon = (task: Task, made: number) => Math.min(task.limit - made, lookahead)
    const choices = Math.min(choicesOf(candidate), this.#freeSequences.length)
    let free = this.#options.cache.free - candidate.tokens.length - choices * soon(candidate.task, 0)
    for (const prefill of this.#prefills) {
      free -= prefill.tokens.length - prefill.done + prefill.sequences.length * soon(prefill.task, 0)
    }
    for (const answer of this.#answers) free -= soon(answer.task, answer.output.length)
    return free >= 0
  }

  /** Sends the youngest back to wait until every running answer can have its next token. */
  #makeRoom(): void {
    while (this.#options.cache.free < this.#answers.length || this.#stuck()) {
      if (!this.#preemptYoungest()) return
    }
  }

  /** Nothing but prompts, and none can go on: they fill the cache together. */
  #stuck(): boolean {
    return this.#answers.length === 0 && this.#prefills.length > 1 && this.#options.cache.free === 0
  }

  #preemptYoungest(): boolean {
    if (this.#prefills.length + this.#answers.length <= 1) return false
    const prefill = this.#prefills.reduce<Prefill | null>(younger, null)
    const answer = this.#answers.reduce<Answer | null>(younger, null)
    if (prefill !== null && prefill.task.order >= (answer?.task.order ?? -1)) {
      this.#prefills.splice(this.#prefills.indexOf(prefill), 1)
      this.#giveBack(prefill.task, prefill.sequences)
      this.#wait({ ...prefill, done: 0, sequences: [] })
    } else if (answer !== null) {
      this.#answers.splice(this.#answers.indexOf(answer), 1)
      this.#giveBack(answer.task, [answer.sequence])
      this.#wait({ task: answer.task, tokens: answer.tokens(), done: 0, sequences: [], resumes: answer })
    }
    return true
  }

  /** Puts what was admitted once back among those that wait, by arrival. */
  #wait(prefill: Prefill): void {
    const later = this.#waiting.findIndex((other) => other.task.order > prefill.task.order)
    this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, prefill)
  }

  #compute(): void {
    const { decoder, cache } = this.#options
    const answers = this.#answers
    const shares = this.#sharesOfStep()
    const tokens = answers.length + shares.reduce((sum, { count }) => sum + count, 0)
    if (tokens === 0) return
    cache.reserve(tokens)
    for (const { task, output, sequence } of answers)
      decoder.add(output.at(-1)!, task.prompt.length + output.length - 1, sequence, true)
    for (const { prefill, count } of shares) this.#addPrefill(prefill, count)
    const result = decoder.run()
    if (result !== 'done') {
      this.#recover(result)
      return
    }
    this.#failures = 0
    for (const { sequence } of answers) cache.grow(sequence, 1)
    for (const { prefill, count } of shares) {
      prefill.done += count
      cache.grow(prefill.sequences[0]!, count)
    }
    this.#take(answers, shares)
  }

  /** How many tokens of which prompts go into the coming step, oldest first. */
  #sharesOfStep(): { readonly prefill: Prefill; readonly count: number }[] {
    const { decoder, cache, prefillTokens } = this.#options
    const answering = this.#answers.length
    let left = Math.min(
      answering === 0 ? prefillTokens.alone : prefillTokens.beside,
      decoder.stepTokens - answering,
      cache.free - answering,
    )
    const shares: { prefill: Prefill; count: number }[] = []
    for (const prefill of this.#prefills) {
      const count = Math.min(prefill.tokens.length - prefill.done, left)
      if (count <= 0) break
      shares.push({ prefill, count })
      left -= count
    }
    return shares
  }

  #addPrefill(prefill: Prefill, count: number): void {
    const { tokens, done, sequences } = prefill
    const last = tokens.length - 1
    for (let position = done; position < done + count; position++)
      this.#options.decoder.add(tokens[position]!, position, sequences[0]!, position === last)
  }

  /** Chooses the next token of everything that got logits, and drops what ended. */
  #take(answers: readonly Answer[], shares: readonly { readonly prefill: Prefill }[]): void {
    const { decoder } = this.#options
    this.#answers = []
    for (const [row, answer] of answers.entries()) this.#advance(answer, decoder.logits(row))
    let row = answers.length
    for (const { prefill } of shares) {
      if (prefill.done === prefill.tokens.length) this.#begin(prefill, decoder.logits(row++))
    }
    this.#prefills = this.#prefills.filter((prefill) => prefill.done < prefill.tokens.length)
  }

  /** A prompt is in the cache: its choices begin with the same logits. */
  #begin(prefill: Prefill, logits: Float32Array): void {
    const { task, sequences, resumes } = prefill
    const [first, ...others] = sequences as [number, ...number[]]
    if (resumes !== null) {
      resumes.sequence = first
      this.#advance(resumes, logits)
      return
    }
    for (const sequence of others) this.#options.cache.share(first, sequence)
    const { decoder, suppressed } = this.#options
    for (const sequence of sequences) {
      const answer = new Answer(task, task.nextChoice++, sequence, decoder.vocabularySize, suppressed)
      this.#advance(answer, logits)
    }
    // More choices than there are sequences: the rest wait for their turn.
    const left = task.nextChoice < task.job.choices && this.#tasks.has(task.job.id)
    if (left) this.#wait({ task, tokens: task.prompt, done: 0, sequences: [], resumes: null })
  }

  /** Chooses one token; the answer goes on in `#answers` unless that was its last. */
  #advance(answer: Answer, logits: Float32Array): void {
    const { task, output } = answer
    if (!this.#tasks.has(task.job.id)) return
    const { job } = task
    const chosen = answer.sampler.choose(logits, output.length)
    if (chosen < 0) {
      this.#fail(task, 'the model computed no token that could be chosen')
      return
    }
    output.push(chosen)
    answer.sampler.accept(chosen)
    task.outputTokens++
    const token = this.#options.token(chosen)
    if (token.ends && !job.ignoreEos) {
      this.#release(answer, answer.text.finish())
      this.#finish(answer, 'stop')
      return
    }
    const logprob =
      job.topLogprobs === null
        ? null
        : tokenLogprob(logits, chosen, job.topLogprobs, (token) => this.#options.token(token).bytes)
    this.#release(answer, answer.text.push(token, logprob))
    if (answer.text.stopped) {
      this.#finish(answer, 'stop')
    } else if (output.length >= task.limit) {
      this.#release(answer, answer.text.finish())
      this.#finish(answer, answer.text.stopped ? 'stop' : 'length')
    } else {
      this.#answers.push(answer)
    }
  }

  #release(answer: Answer, release: Release | null): void {
    if (release !== null) this.#emit({ type: 'text', job: answer.task.job.id, choice: answer.choice, ...release })
  }

  #finish(answer: Answer, reason: FinishReason): void {
    const { task, choice, sequence } = answer
    task.unfinished.delete(choice)
    this.#emit({ type: 'finished', job: task.job.id, choice, reason })
    this.#giveBack(task, [sequence])
    if (task.unfinished.size === 0) this.#end(task)
  }

  #recover(result: 'no-room' | 'broken'): void {
    // Cannot happen where cells are counted right; some kinds of model have caches of their own making.
    if (result === 'no-room' && this.#preemptYoungest()) return
    this.#failures++
    const reason = result === 'no-room' ? 'the cache of the model is full' : 'the model could not be computed'
    const running = new Set([...this.#prefills, ...this.#answers].map(({ task }) => task))
    for (const task of running) this.#fail(task, reason)
    this.#options.cache.clear()
  }

  #fail(task: Task, reason: string): void {
    this.#evict(task)
    this.#tasks.delete(task.job.id)
    this.#emit({ type: 'failed', job: task.job.id, reason })
  }

  /** Takes a task out of everything and its sequences back. */
  #evict(task: Task): void {
    this.#giveBack(task, [...task.sequences])
    const others = (entry: { readonly task: Task }) => entry.task !== task
    this.#prefills = this.#prefills.filter(others)
    this.#answers = this.#answers.filter(others)
    this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter(others))
  }

  #giveBack(task: Task, sequences: readonly number[]): void {
    for (const sequence of sequences) {
      if (!task.sequences.delete(sequence)) continue
      this.#options.cache.release(sequence)
      this.#freeSequences.push(sequence)
    }
  }

  #start(task: Task): void {
    if (task.started) return
    task.started = true
    this.#emit({ type: 'started', job: task.job.id, promptTokens: task.prompt.length, cachedTokens: 0 })
  }

  #end(task: Task): void {
    this.#tasks.delete(task.job.id)
    const usage = { promptTokens: task.prompt.length, cachedTokens: 0, outputTokens: task.outputTokens }
    this.#emit({ type: 'ended', job: task.job.id, usage })
  }

  #emit(event: JobEvent): void {
    this.#events.push(event)
  }

  #flush(): void {
    if (this.#events.length === 0) return
    const events = this.#events
    this.#events = []
    this.#options.report(events)
  }
}

function younger<Entry extends { readonly task: Task }>(found: Entry | null, entry: Entry): Entry {
  return found === null || entry.task.order >= found.task.order ? entry : found
}

/** How many sequences a prefill has use for. */
function choicesOf({ task, resumes }: Prefill): number {
  return resumes === null ? task.job.choices - task.nextChoice : 1
}
