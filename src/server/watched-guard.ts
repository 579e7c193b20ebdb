import type { Part } from '../core/part.ts'
import type { GuardStage } from '../pipeline/stages.ts'

/**
 * The same guard; `held` is told how long text was held back until it was judged, in seconds: from the first part that
 * came in since the last one left, until that one leaves.
 */
export function watchedGuard(guard: GuardStage, held: (seconds: number) => void): GuardStage {
  return {
    get policy() {
      return guard.policy
    },
    judgeInput: (judged) => guard.judgeInput(judged),
    moderate: (items, judged) => guard.moderate(items, judged),
    release(drafted, question, judged) {
      let since: number | null = null
      const noted = new Noted(drafted, (part) => {
        if (isText(part)) since ??= performance.now()
      })
      return new Noted(guard.release(noted, question, judged), (part) => {
        if (!isText(part) || since === null) return
        held((performance.now() - since) / 1000)
        since = null
      })
    },
  }
}

/** The same parts; `note` is told of each that is taken. One promise a part: an `async function*` makes several. */
class Noted implements AsyncGenerator<Part> {
  readonly #parts: AsyncGenerator<Part>
  readonly #note: (part: Part) => void

  constructor(parts: AsyncGenerator<Part>, note: (part: Part) => void) {
    this.#parts = parts
    this.#note = note
  }

  next(): Promise<IteratorResult<Part, unknown>> {
    return this.#parts.next().then((step) => {
      if (step.done !== true) this.#note(step.value)
      return step
    })
  }

  return(value: unknown): Promise<IteratorResult<Part, unknown>> {
    return this.#parts.return(value)
  }

  throw(error: unknown): Promise<IteratorResult<Part, unknown>> {
    return this.#parts.throw(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return(undefined)
  }
}

function isText({ type }: Part): boolean {
  return type === 'text-delta' || type === 'reasoning-delta' || type === 'tool-call-delta'
}
