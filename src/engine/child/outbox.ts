/** Events of the step at hand, reported together: messages between processes cost more than what is in them. */
import type { FinishReason, ProbeScores } from '../../core/part.ts'
import type { JobEvent } from '../protocol.ts'
import type { Release } from './answer-text.ts'
import type { Answer, Task } from './task.ts'

export class Outbox {
  readonly #report: (events: readonly JobEvent[]) => void
  #events: JobEvent[] = []

  constructor(report: (events: readonly JobEvent[]) => void) {
    this.#report = report
  }

  /** Reports what came together, in order; nothing when nothing did. */
  flush(): void {
    if (this.#events.length === 0) return
    const events = this.#events
    this.#events = []
    this.#report(events)
  }

  started({ job, prompt, cachedTokens }: Task): void {
    this.#events.push({ type: 'started', job: job.id, promptTokens: prompt.length, cachedTokens })
  }

  text(answer: Answer, release: Release | null): void {
    if (release === null) return
    const { task, choice } = answer
    this.#events.push({ type: 'text', job: task.job.id, choice, ...release, ...probed(answer) })
  }

  /** @param answer null when the choice never began. */
  finished({ job }: Task, choice: number, reason: FinishReason, answer: Answer | null = null): void {
    const stopString = answer?.text.stopString ?? null
    this.#events.push({
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
    this.#events.push({ type: 'ended', job: job.id, usage })
  }

  tooLong(job: number, promptTokens: number, contextTokens: number): void {
    this.#events.push({ type: 'too-long', job, promptTokens, contextTokens })
  }

  failed(job: number, reason: string): void {
    this.#events.push({ type: 'failed', job, reason })
  }

  /** Its schema or grammar cannot be followed, as is known only now. */
  unfollowable(job: number): void {
    const reason = 'it leaves so many readings open that they cannot all be followed'
    this.#events.push({ type: 'failed', job, reason, at: 'schema' })
  }
}

function probed({ states }: Answer): { readonly probe?: ProbeScores } {
  const scores = states?.scores ?? null
  return scores === null ? {} : { probe: scores }
}
