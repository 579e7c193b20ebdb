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
import type { Decoder } from './decoder.ts'
import { tokenLogprob } from './logprobs.ts'
import { Outbox } from './outbox.ts'
import type { SequenceCache } from './sequence-cache.ts'
import { addShare, choicesOf, fits, prefillShares, type PrefillShare, youngest } from './step-plan.ts'
import { Answer, newTask, type Prefill, type Task } from './task.ts'
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

export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #outbox: Outbox
  readonly #tasks = new Map<number, Task>()
  /** Oldest first. */
  readonly #waiting: Prefill[] = []
  #prefills: Prefill[] = []
  #answers: Answer[] = []
  readonly #freeSequences: number[]
  #arrivals = 0
  #failures = 0

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#outbox = new Outbox(options.report)
    this.#freeSequences = Array.from(
      { length: options.sequences },
      (_, index) => options.sequences - 1 - index,
    )
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
    if (prompt.length >= contextTokens) {
      this.#outbox.tooLong(job.id, prompt.length, contextTokens)
    } else if (prompt.length === 0) {
      this.#outbox.failed(job.id, 'the prompt is empty')
    } else {
      this.#accept(job, prompt)
    }
    this.#outbox.flush()
  }

  /** Ends a job now; unknown ones have ended already. */
  cancel(id: number): void {
    const task = this.#tasks.get(id)
    if (task === undefined) return
    this.#evict(task)
    for (const choice of task.unfinished) this.#outbox.finished(task, choice, 'cancelled')
    this.#end(task)
    this.#outbox.flush()
  }

  /** Computes one step. */
  step(): void {
    this.#admit()
    this.#makeRoom()
    if (this.#prefills.length + this.#answers.length > 0) this.#compute()
    this.#outbox.flush()
  }

  #accept(job: Job, prompt: Int32Array): void {
    const task = newTask(job, prompt, this.#arrivals++, this.#options.contextTokens - prompt.length)
    this.#tasks.set(job.id, task)
    if (task.limit > 0 && job.choices > 0) {
      this.#waiting.push({ task, tokens: prompt, done: 0, sequences: [], resumes: null })
      return
    }
    this.#start(task)
    for (const choice of task.unfinished) this.#outbox.finished(task, choice, 'length')
    this.#end(task)
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiting[0]
      if (next === undefined || this.#freeSequences.length === 0) return
      const choices = Math.min(choicesOf(next), this.#freeSequences.length)
      const { free } = this.#options.cache
      if (!fits(next, choices, { prefills: this.#prefills, answers: this.#answers, free })) return
      this.#waiting.shift()
      next.sequences = this.#freeSequences.splice(-choices).toReversed()
      for (const sequence of next.sequences) next.task.sequences.add(sequence)
      this.#prefills.push(next)
      this.#start(next.task)
    }
  }

  /** Sends the youngest back to wait until all answers, or at least one prompt, can go on. */
  #makeRoom(): void {
    while (this.#options.cache.free < Math.max(this.#answers.length, 1)) {
      if (!this.#preemptYoungest()) return
    }
  }

  #preemptYoungest(): boolean {
    if (this.#prefills.length + this.#answers.length <= 1) return false
    const prefill = youngest(this.#prefills)
    const answer = youngest(this.#answers)
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
    for (const share of shares) addShare(decoder, share)
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

  #sharesOfStep(): PrefillShare[] {
    const { decoder, cache, prefillTokens } = this.#options
    const answering = this.#answers.length
    const wanted = answering === 0 ? prefillTokens.alone : prefillTokens.beside
    const most = Math.min(wanted, decoder.stepTokens - answering, cache.free - answering)
    return prefillShares(this.#prefills, most)
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
    if (!this.#tasks.has(task.job.id)) return
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
      this.#outbox.text(answer, answer.text.finish())
      this.#finish(answer, 'stop')
      return
    }
    const logprob =
      job.topLogprobs === null
        ? null
        : tokenLogprob(logits, chosen, job.topLogprobs, (token) => this.#options.token(token).bytes)
    this.#outbox.text(answer, answer.text.push(token, logprob))
    if (answer.text.stopped) {
      this.#finish(answer, 'stop')
    } else if (output.length >= task.limit) {
      this.#outbox.text(answer, answer.text.finish())
      this.#finish(answer, answer.text.stopped ? 'stop' : 'length')
    } else {
      this.#answers.push(answer)
    }
  }

  #finish(answer: Answer, reason: FinishReason): void {
    const { task, choice, sequence } = answer
    task.unfinished.delete(choice)
    this.#outbox.finished(task, choice, reason)
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
    this.#outbox.failed(task.job.id, reason)
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
    this.#outbox.started(task)
  }

  #end(task: Task): void {
    this.#tasks.delete(task.job.id)
    this.#outbox.ended(task)
  }
}
