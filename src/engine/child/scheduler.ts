/**
 * Continuous batching: every step computes one token of every running answer, and beside them some tokens of prompts.
 * Between two steps, answers end, waiting ones take their place, and cancelled ones are gone.
 *
 * Room in the cache is given out by arrival. A request is admitted when its prompt and the near future of everything
 * that runs fit; when the cache is full all the same, the youngest answer gives up its room and is computed again later,
 * so the oldest always goes on and no answer is ever cut short by its neighbours.
 *
 * What two prompts have in common is computed once: the cache knows what is there, and a request whose beginning is just
 * being computed for another one waits for that, while those behind it go on.
 *
 * Longer than other files: everything that changes who waits, who is computed and whose a sequence is stands here, and
 * what only calculates or computes elsewhere (`step-plan`, `run-step`, `drafts`, `advance`).
 */
import type { Occupancy } from '../../core/engine.ts'
import type { FinishReason } from '../../core/part.ts'
import type { DraftMode, Job, JobEvent } from '../protocol.ts'
import { advance } from './advance.ts'
import { noMarks, type TokenMarks } from './answer-marks.ts'
import type { Decoder } from './decoder.ts'
import type { DraftModel } from './draft-model.ts'
import { draftCost, draftsFor, type Draft } from './drafts.ts'
import type { KeptPrefixes } from './kept-prefixes.ts'
import { Outbox } from './outbox.ts'
import { otherTokens, runStep, type StepWork } from './run-step.ts'
import type { Sequence, SequenceCache } from './sequence-cache.ts'
import type { Pace } from './step-pace.ts'
import {
  choicesOf,
  fits,
  nextAdapter,
  prefillShares,
  type PrefillShare,
  willBeShared,
  youngest,
} from './step-plan.ts'
import { Answer, cellsOf, doneOf, newTask, type Prefill, type Task } from './task.ts'
import type { AnswerStates } from './state-reading.ts'
import type { TokenGrammar } from './token-grammar.ts'
import type { VocabularyToken } from './vocabulary.ts'

export interface SchedulerOptions {
  readonly decoder: Decoder
  readonly cache: SequenceCache
  readonly sequences: number
  /** Most tokens of a prompt and its answer together; not more than the cache has. */
  readonly contextTokens: number
  /** Tokens of prompts in a step that no answer waits for. */
  readonly tokensAlone: number
  readonly pace: Pace
  readonly drafts: DraftMode
  /** Says what answers probably say next; left out when there is none. */
  readonly draftModel?: DraftModel
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  readonly token: (token: number) => VocabularyToken
  readonly suppressed: readonly number[]
  /** For a new answer, what reads its hidden states; left out when nothing does. */
  readonly states?: () => AnswerStates
  /** Takes what was computed of prompts that everybody knows; left out when it is not kept. */
  readonly kept?: Pick<KeptPrefixes, 'computed'>
  /** Takes the events of a step or a few, in order, and what is taken after them. Never called without any. */
  readonly report: (events: readonly JobEvent[], occupancy: Occupancy) => void
}

/**
 * Driven from outside: `submit` and `cancel` jobs, `step` while `busy`. A step computes at once and waits for
 * nothing; all results go to `report`, errors of a job included.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #outbox: Outbox
  readonly #tasks = new Map<number, Task>()
  /** Oldest first. */
  readonly #waiting: Prefill[] = []
  #prefills: Prefill[] = []
  #answers: Answer[] = []
  /** Sequences that are not promised to anybody. */
  #places: number
  /** Whose turn the last step was. */
  #turn: number | null = null
  /** What the decoder computes with. */
  #adapter: number | null = null
  #arrivals = 0
  #failures = 0

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#outbox = new Outbox((events) => options.report(events, this.occupancy), options.now)
    this.#places = options.sequences
  }

  /** There is something to compute. */
  get busy(): boolean {
    return this.#waiting.length + this.#prefills.length + this.#answers.length > 0
  }

  /** What is taken now. */
  get occupancy(): Occupancy {
    const { cache, sequences, draftModel } = this.#options
    return {
      sequences: sequences - this.#places,
      cells: cache.live,
      keptCells: cache.idle,
      ...(draftModel === undefined ? {} : { drafts: draftModel.counts }),
    }
  }

  /** Steps in a row that the model failed to compute. */
  get failures(): number {
    return this.#failures
  }

  /** @param openTokens how many tokens of the prompt are known to everybody: see `Origin`. */
  submit(
    job: Job,
    prompt: Int32Array,
    openTokens = 0,
    marks: TokenMarks = noMarks,
    grammar: TokenGrammar | null = null,
  ): void {
    const { contextTokens } = this.#options
    if (prompt.length >= contextTokens) {
      this.#outbox.tooLong(job.id, prompt.length, contextTokens)
    } else if (prompt.length === 0) {
      this.#outbox.failed(job.id, 'the prompt is empty')
    } else {
      this.#accept(job, prompt, openTokens, marks, grammar)
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
    // A step with parts of a prompt takes longer: nothing waits for that.
    if (this.#prefills.length > 0) this.#outbox.flush()
    else this.#outbox.settle()
  }

  #accept(
    job: Job,
    prompt: Int32Array,
    openTokens: number,
    marks: TokenMarks,
    grammar: TokenGrammar | null,
  ): void {
    const left = this.#options.contextTokens - prompt.length
    const task = newTask(job, prompt, openTokens, this.#arrivals++, left, marks, grammar)
    this.#tasks.set(job.id, task)
    if (task.limit > 0 && job.choices > 0) {
      this.#waiting.push({ task, tokens: prompt, sequence: null, places: 0, resumes: null })
      return
    }
    this.#start(task)
    for (const choice of task.unfinished) this.#outbox.finished(task, choice, 'length')
    this.#end(task)
  }

  #admit(): void {
    const { cache } = this.#options
    for (let index = 0; this.#places > 0 && index < this.#waiting.length;) {
      const next = this.#waiting[index]!
      const found = cache.find(next.task.origin, next.tokens)
      if (willBeShared(next, found.length, this.#prefills)) {
        index++
        continue
      }
      const choices = Math.min(choicesOf(next), this.#places)
      const occupants = { prefills: this.#prefills, answers: this.#answers, free: cache.free }
      if (!fits(next, choices, found.live, occupants)) return
      this.#waiting.splice(index, 1)
      this.#enter(next, choices)
    }
  }

  #enter(prefill: Prefill, choices: number): void {
    const { task } = prefill
    const sequence = this.#options.cache.begin(task.origin, prefill.tokens)
    this.#places -= choices
    prefill.places = choices
    prefill.sequence = sequence
    task.sequences.add(sequence)
    if (!task.started) task.cachedTokens = sequence.length
    this.#prefills.push(prefill)
    this.#start(task)
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
      this.#dropPrefill(prefill)
      this.#wait({ ...prefill, sequence: null, places: 0 })
    } else if (answer !== null) {
      this.#answers.splice(this.#answers.indexOf(answer), 1)
      this.#giveBack(answer.task, answer.sequence)
      const { task } = answer
      this.#wait({ task, tokens: answer.tokens(), sequence: null, places: 0, resumes: answer })
    }
    return true
  }

  /** Puts what was admitted once back among those that wait, by arrival. */
  #wait(prefill: Prefill): void {
    const later = this.#waiting.findIndex((other) => other.task.order > prefill.task.order)
    this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, prefill)
  }

  #compute(): void {
    const { decoder, cache, pace, now } = this.#options
    const adapter = nextAdapter({ prefills: this.#prefills, answers: this.#answers }, this.#turn)
    this.#turn = adapter
    const answers = this.#answers.filter(({ task }) => task.job.adapter === adapter)
    const shares = this.#sharesOfStep(adapter, answers.length)
    const drafts = this.#prefills.length > 0 ? [] : this.#draftsOfStep(answers)
    if (answers.length + shares.length === 0) return
    if (adapter !== this.#adapter) decoder.use(adapter)
    this.#adapter = adapter
    const begun = now()
    const work = { answers, drafts, shares }
    const result = runStep(decoder, cache, work)
    if (result !== 'done') {
      this.#recover(result)
      return
    }
    this.#failures = 0
    this.#take(work)
    pace.observe(answers.length, otherTokens(work), now() - begun)
  }

  #sharesOfStep(adapter: number | null, answering: number): PrefillShare[] {
    const { decoder, cache, tokensAlone, pace } = this.#options
    const prefills = this.#prefills.filter(({ task }) => task.job.adapter === adapter)
    // Answers of other adapters wait for this step as well, and a cell for each stays free.
    const waiting = this.#answers.length
    const beside = answering > 0 ? pace.tokensBeside(answering) : Math.max(16, pace.tokensBeside(waiting))
    const wanted = waiting === 0 ? tokensAlone : beside
    return prefillShares(prefills, Math.min(wanted, decoder.stepTokens - answering, cache.free - waiting))
  }

  #draftsOfStep(answers: readonly Answer[]): Draft[] {
    const { decoder, cache, pace, drafts, draftModel = null } = this.#options
    const cost = draftCost(drafts, pace, answers.length, draftModel)
    const room = Math.min(decoder.rows, decoder.stepTokens) - answers.length
    return draftsFor(answers, cost, Math.min(room, cache.free - this.#answers.length), draftModel)
  }

  /** Chooses the next token of everything that got logits, and drops what ended. */
  #take({ answers, drafts, shares }: StepWork): void {
    const isWhole = (prefill: Prefill) => doneOf(prefill) === prefill.tokens.length
    const whole = shares.map(({ prefill }) => prefill).filter(isWhole)
    const computed = new Set(answers)
    this.#answers = this.#answers.filter((answer) => !computed.has(answer))
    this.#prefills = this.#prefills.filter((prefill) => !isWhole(prefill))
    let row = 0
    for (const [index, answer] of answers.entries()) {
      const draft = drafts[index] ?? { tokens: [] }
      this.#follow(answer, draft, row)
      row += 1 + draft.tokens.length
    }
    for (const prefill of whole) this.#begin(prefill, row++)
  }

  /** A prompt is in the cache: its choices begin with the logits of the same row. */
  #begin(prefill: Prefill, row: number): void {
    const { task, resumes } = prefill
    const sequence = prefill.sequence!
    if (!this.#tasks.has(task.job.id)) {
      // It failed in this very step, and gave back its sequence; the places of other choices are left.
      this.#places += prefill.places - 1
      return
    }
    if (resumes !== null) {
      resumes.sequence = sequence
      if (this.#advance(resumes, row)) this.#answers.push(resumes)
      return
    }
    const { decoder, suppressed, cache, states } = this.#options
    const sequences = [sequence]
    while (sequences.length < prefill.places) sequences.push(cache.fork(sequence))
    for (const own of sequences) task.sequences.add(own)
    for (const own of sequences) {
      if (!this.#tasks.has(task.job.id)) return
      const answer = new Answer(task, task.nextChoice++, own, decoder.vocabularySize, suppressed, states?.())
      if (this.#advance(answer, row)) this.#answers.push(answer)
    }
    // More choices than there are sequences: the rest wait for their turn.
    const left = task.nextChoice < task.job.choices && this.#tasks.has(task.job.id)
    if (left) this.#wait({ task, tokens: task.prompt, sequence: null, places: 0, resumes: null })
  }

  /** Chooses tokens for as long as the draft, whose logits are in the rows from `row` on, says the same. */
  #follow(answer: Answer, { tokens, learn }: Draft, row: number): void {
    const { cache } = this.#options
    let right = 0
    while (this.#advance(answer, row + right)) {
      if (right < tokens.length && answer.output.at(-1) === tokens[right]) {
        right++
        continue
      }
      learn?.(right)
      cache.trim(answer.sequence, cellsOf(answer))
      this.#answers.push(answer)
      return
    }
  }

  /** Chooses one token by the logits of a row. False when that was the last one. */
  #advance(answer: Answer, row: number): boolean {
    const { task } = answer
    if (!this.#tasks.has(task.job.id)) return false
    const { decoder } = this.#options
    answer.states?.see(decoder.state(row)!)
    const end = advance(answer, decoder.logits(row), this.#outbox, this.#options.token)
    if (end === 'impossible') this.#fail(task, 'the model computed no token that could be chosen')
    else if (end === 'unreadable') this.#fail(task, null)
    else if (end !== null) this.#finish(answer, end)
    return end === null
  }

  #finish(answer: Answer, reason: FinishReason): void {
    const { task, choice, sequence } = answer
    this.#keepOpen(task, sequence)
    task.unfinished.delete(choice)
    this.#outbox.finished(task, choice, reason, answer)
    this.#options.cache.trim(sequence, cellsOf(answer))
    this.#giveBack(task, sequence)
    if (task.unfinished.size === 0) this.#end(task)
  }

  /** By now nobody waits for this answer, and its beginning is still there. */
  #keepOpen({ job, origin, prompt }: Task, sequence: Sequence): void {
    const { kept, cache } = this.#options
    const { adapter, openTokens } = origin
    if (kept === undefined || job.open === null || adapter !== null) return
    kept.computed(job.open.text, prompt.subarray(0, openTokens), () => cache.copyOut(sequence, openTokens))
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

  /** @param reason null: what its answer may look like is more than can be followed */
  #fail(task: Task, reason: string | null): void {
    this.#evict(task)
    this.#tasks.delete(task.job.id)
    if (reason === null) this.#outbox.unfollowable(task.job.id)
    else this.#outbox.failed(task.job.id, reason)
  }

  /** Takes a task out of everything and its sequences back. */
  #evict(task: Task): void {
    const others = (entry: { readonly task: Task }) => entry.task !== task
    for (const prefill of this.#prefills) if (!others(prefill)) this.#dropPrefill(prefill)
    this.#prefills = this.#prefills.filter(others)
    for (const sequence of task.sequences) this.#giveBack(task, sequence)
    this.#answers = this.#answers.filter(others)
    this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter(others))
  }

  #giveBack(task: Task, sequence: Sequence): void {
    if (!task.sequences.delete(sequence)) return
    this.#options.cache.end(sequence)
    this.#places++
  }

  /** A prompt on its way gives up its sequence, and the places of those that were to follow. */
  #dropPrefill({ task, sequence, places }: Prefill): void {
    if (sequence === null) return
    this.#giveBack(task, sequence)
    this.#places += places - 1
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
