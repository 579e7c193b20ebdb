import type { Part } from '../core/part.ts'
import { asElpisError, elpisError } from '../errors.ts'

/**
 * `parts`, until `signal` is aborted: then at once an `error` part with its reason, without waiting for the engine, which
 * may be in the middle of a long step. A throw of the engine, and an end without a word, become `error` parts as well:
 * what comes out always ends with `usage` or `error`.
 */
export async function* partsUntil(signal: AbortSignal, parts: AsyncGenerator<Part>): AsyncGenerator<Part> {
  // One listener an answer, not one a part.
  const until = new Until(signal)
  try {
    while (true) {
      const step = await until.next(parts)
      if (step === 'aborted') {
        stop()
        yield { type: 'error', error: asElpisError(signal.reason) }
        return
      }
      if (step.done === true) {
        yield { type: 'error', error: elpisError('engine_failed', { reason: 'its answer broke off' }) }
        return
      }
      yield step.value
      if (step.value.type === 'usage' || step.value.type === 'error') return
    }
  } catch (error) {
    yield { type: 'error', error: asElpisError(error) }
  } finally {
    until.end()
    stop()
  }

  /** Not awaited: an engine in the middle of a step answers only after it, and nobody waits for that. */
  function stop(): void {
    parts.return(undefined).catch(() => {})
  }
}

type Step = IteratorResult<Part, unknown> | 'aborted'

/** Not `Promise.race`: that would leave one reaction a part on a promise that lives as long as the answer. */
class Until {
  readonly #signal: AbortSignal
  readonly #abort = () => this.#resolve?.('aborted')
  #resolve: ((step: Step) => void) | null = null

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  next(parts: AsyncGenerator<Part>): Promise<Step> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) {
        resolve('aborted')
        return
      }
      this.#resolve = resolve
      parts.next().then(resolve, reject)
    })
  }

  end(): void {
    this.#signal.removeEventListener('abort', this.#abort)
  }
}
