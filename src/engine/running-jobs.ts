import type { Part, ProbeScores } from '../core/part.ts'
import type { EngineRequest } from '../core/request.ts'
import { elpisError, type ElpisError } from '../errors.ts'
import type { AnswerPlan } from './answer-plan.ts'
import type { PartStream } from './part-stream.ts'
import type { JobEvent } from './protocol.ts'

/** A request that the process works on. */
interface Job {
  readonly request: EngineRequest
  readonly stream: PartStream
  readonly readers: AnswerPlan['readers']
  /** Milliseconds that it waited to be here. */
  readonly waitedMs: number
  /** Choices that have not finished. */
  readonly left: Set<number>
  /** UTF-16 units that came so far. */
  length: number
  readonly settle: () => void
}

/** More than the longest answer that anybody could ask for; a process that says more is out of its mind. */
const longestAnswer = 64 * 1024 * 1024

export interface RunningJobsOptions {
  /** An answer came to its end. */
  readonly onSuccess: () => void
  /** The process does not stop talking. */
  readonly onFlood: () => void
}

/** The requests that one process works on, and where what it says of them goes. */
export class RunningJobs {
  readonly #options: RunningJobsOptions
  readonly #jobs = new Map<number, Job>()

  constructor(options: RunningJobsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#jobs.size
  }

  /** Resolved when the process has said its last about it, or is gone. `forget` must follow. */
  begin(id: number, job: Pick<Job, 'request' | 'stream' | 'readers' | 'waitedMs'>): Promise<void> {
    return new Promise((settle) => {
      const left = new Set(Array.from({ length: job.request.choices }, (_, choice) => choice))
      this.#jobs.set(id, { ...job, left, length: 0, settle })
    })
  }

  forget(id: number): void {
    this.#jobs.delete(id)
  }

  /** Passes on what the process says of one. */
  hear(event: JobEvent): void {
    const job = this.#jobs.get(event.job)
    if (job === undefined) return
    const { stream } = job
    switch (event.type) {
      case 'started':
        stream.push({
          type: 'start',
          promptTokens: event.promptTokens,
          cachedTokens: event.cachedTokens,
          waitedMs: job.waitedMs,
        })
        return
      case 'text': {
        job.length += event.text.length
        if (job.length > longestAnswer) this.#options.onFlood()
        const { choice, text, tokens, logprobs, probe } = event
        if (!job.left.has(choice)) return
        if (job.readers === null)
          stream.push(probed({ type: 'text-delta', choice, text, tokens, logprobs }, probe))
        else for (const part of job.readers[choice]?.push(event) ?? []) stream.push(probed(part, probe))
        return
      }
      case 'finished':
        if (job.left.delete(event.choice)) finish(job, event)
        return
      case 'ended':
        for (const choice of job.left) stream.push({ type: 'finish', choice, reason: 'cancelled' })
        stream.push({ type: 'usage', usage: { ...event.usage, reasoningTokens: reasoningTokens(job) } })
        if (event.usage.outputTokens > 0) this.#options.onSuccess()
        job.settle()
        return
      case 'too-long': {
        const { promptTokens: prompt, contextTokens: context } = event
        this.#fail(job, elpisError('context_exceeded', { prompt, context }))
        return
      }
      case 'failed':
        this.#fail(
          job,
          event.at === 'schema'
            ? elpisError('unsupported_schema', { problem: event.reason })
            : elpisError('engine_failed', { reason: event.reason }),
        )
        return
      default:
        event satisfies never
    }
  }

  failAll(error: ElpisError): void {
    for (const job of this.#jobs.values()) this.#fail(job, error)
  }

  #fail(job: Job, error: ElpisError): void {
    job.stream.push({ type: 'error', error })
    job.stream.end()
    job.settle()
  }
}

/** Ends a choice with all that its reader still held back. */
function finish(
  { readers, stream, request }: Job,
  { choice, reason, stopString, tokens, margins, probe, states }: Extract<JobEvent, { type: 'finished' }>,
): void {
  const reader = readers?.[choice]
  for (const part of reader?.finish() ?? []) stream.push(probed(part, probe))
  stream.push({
    type: 'finish',
    choice,
    reason: reason === 'stop' && reader?.called === true ? 'tool_calls' : reason,
    ...(stopString !== undefined && request.stop.includes(stopString) ? { stopString } : {}),
    ...(tokens === undefined ? {} : { tokens }),
    ...(margins === undefined ? {} : { margins }),
    ...(probe === undefined ? {} : { probe }),
    ...(states === undefined ? {} : { states }),
  })
}

/** A part with what the probe said by then. */
function probed(part: Part, probe: ProbeScores | undefined): Part {
  return probe === undefined || !('choice' in part) ? part : { ...part, probe }
}

function reasoningTokens({ readers }: Job): number {
  return readers?.reduce((sum, reader) => sum + reader.reasoningTokens, 0) ?? 0
}
