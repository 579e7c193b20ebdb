/**
 * Events on their way to the server, reported together: messages between processes cost more than what is in them. Text
 * waits a moment for more of it, unless somebody waits for the beginning of an answer; all else leaves with its step.
 */
import type { FinishReason, ProbeScores } from '../../core/part.ts'
import type { JobEvent } from '../protocol.ts'
import type { Release } from './answer-text.ts'
import type { Answer, Task } from './task.ts'

/** Longest that text waits for more, in milliseconds: no eye sees it. */
const mostWait = 24
/** Text of the first tokens of an answer does not wait. */
const firstTokens = 8

type Text = Extract<JobEvent, { type: 'text' }>
type Growing = { -readonly [Name in keyof Text]: Text[Name] }

/**
 * Collects the events of the scheduler. `settle` after each step reports what may not wait; `flush` reports all at
 * once.
 */
export class Outbox {
  readonly #report: (events: readonly JobEvent[]) => void
  readonly #now: () => number
  #events: JobEvent[] = []
  /** Text among the events, by whose it is. */
  readonly #texts = new Map<Answer, Growing>()
  #reportedAt = Number.NEGATIVE_INFINITY
  #urgent = false

  /** @param now milliseconds of a clock that never goes back. */
  constructor(report: (events: readonly JobEvent[]) => void, now: () => number) {
    this.#report = report
    this.#now = now
  }

  /** Reports what came together, in order; nothing when nothing did. */
  flush(): void {
    if (this.#events.length === 0) return
    const events = this.#events
    this.#events = []
    this.#texts.clear()
    this.#urgent = false
    this.#reportedAt = this.#now()
    this.#report(events)
  }

  /** A step is over: reports what came together unless all of it can wait for the next one. */
  settle(): void {
    if (this.#urgent || this.#now() - this.#reportedAt >= mostWait) this.flush()
  }

  started({ job, prompt, cachedTokens }: Task): void {
    this.#add({ type: 'started', job: job.id, promptTokens: prompt.length, cachedTokens })
  }

  text(answer: Answer, release: Release | null): void {
    if (release === null) return
    const { task, choice, output } = answer
    this.#urgent ||= output.length <= firstTokens
    const before = this.#texts.get(answer)
    if (before === undefined) {
      const event = { type: 'text' as const, job: task.job.id, choice, ...release, ...probed(answer) }
      this.#texts.set(answer, event)
      this.#events.push(event)
      return
    }
    before.text += release.text
    before.tokens += release.tokens
    if (release.logprobs !== null) before.logprobs = [...(before.logprobs ?? []), ...release.logprobs]
    // The highest so far: a later one stands for those before it.
    Object.assign(before, probed(answer))
  }

  /** @param answer null when the choice never began. */
  finished({ job }: Task, choice: number, reason: FinishReason, answer: Answer | null = null): void {
    const stopString = answer?.text.stopString ?? null
    this.#add({
      type: 'finished',
      job: job.id,
      choice,
      reason,
      ...(stopString === null ? {} : { stopString }),
      ...(answer === null ? {} : { tokens: answer.output }),
      ...(answer?.recorded == null ? {} : { margins: answer.recorded.margins }),
      ...(answer === null ? {} : probed(answer)),
      ...(answer?.states?.kept == null ? {} : { states: answer.states.kept }),
    })
  }

  ended({ job, prompt, cachedTokens, outputTokens }: Task): void {
    const usage = { promptTokens: prompt.length, cachedTokens, outputTokens }
    this.#add({ type: 'ended', job: job.id, usage })
  }

  tooLong(job: number, promptTokens: number, contextTokens: number): void {
    this.#add({ type: 'too-long', job, promptTokens, contextTokens })
  }

  failed(job: number, reason: string): void {
    this.#add({ type: 'failed', job, reason })
  }

  /** Its schema or grammar cannot be followed, as is known only now. */
  unfollowable(job: number): void {
    const reason = 'it leaves so many readings open that they cannot all be followed'
    this.#add({ type: 'failed', job, reason, at: 'schema' })
  }

  #add(event: JobEvent): void {
    this.#urgent = true
    this.#events.push(event)
  }
}

function probed({ states }: Answer): { readonly probe?: ProbeScores } {
  const scores = states?.scores ?? null
  return scores === null ? {} : { probe: scores }
}
