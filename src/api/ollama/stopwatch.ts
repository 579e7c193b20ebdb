import type { Part } from '../../core/part.ts'

const nanoseconds = 1_000_000

/** What Ollama tells about where the time of an answer went; all in nanoseconds. */
export interface Durations {
  readonly total_duration: number
  /** Until the model began with it: waiting, and loading where that was needed. */
  readonly load_duration: number
  /** Reading the prompt, up to the first token. */
  readonly prompt_eval_duration: number
  readonly eval_duration: number
}

/** Notes when the parts of an answer pass by. */
export class Stopwatch {
  readonly #now: () => number
  readonly #asked: number
  #begun: number | null = null
  #firstToken: number | null = null

  /** @param asked when the request came; milliseconds, as `now` gives them */
  constructor(now: () => number, asked: number) {
    this.#now = now
    this.#asked = asked
  }

  async *watch(parts: AsyncGenerator<Part>): AsyncGenerator<Part> {
    try {
      for await (const part of parts) {
        if (part.type === 'start') this.#begun = this.#now()
        else if (part.type !== 'error' && part.type !== 'loading') this.#firstToken ??= this.#now()
        yield part
      }
    } finally {
      await parts.return(undefined)
    }
  }

  durations(): Durations {
    const end = this.#now()
    const begun = this.#begun ?? end
    const firstToken = this.#firstToken ?? end
    return {
      total_duration: (end - this.#asked) * nanoseconds,
      load_duration: (begun - this.#asked) * nanoseconds,
      prompt_eval_duration: (firstToken - begun) * nanoseconds,
      eval_duration: (end - firstToken) * nanoseconds,
    }
  }
}
