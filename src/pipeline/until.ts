import type { Part } from '../core/part.ts'
import { asElpisError, elpisError } from '../errors.ts'

/**
 * `parts`, until `signal` is aborted: then at once an `error` part with its reason, without waiting for the engine, which
 * may be in the middle of a long step. A throw of the engine, and an end without a word, become `error` parts as well:
 * what comes out always ends with `usage` or `error`.
 */
export async function* partsUntil(signal: AbortSignal, parts: AsyncGenerator<Part>): AsyncGenerator<Part> {
  try {
    while (true) {
      const step = await nextUnless(signal, parts)
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
    stop()
  }

  /** Not awaited: an engine in the middle of a step answers only after it, and nobody waits for that. */
  function stop(): void {
    parts.return(undefined).catch(() => {})
  }
}

/** Not `Promise.race`: that would leave one reaction a token on a promise that lives as long as the answer. */
function nextUnless(
  signal: AbortSignal,
  parts: AsyncGenerator<Part>,
): Promise<IteratorResult<Part, unknown> | 'aborted'> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      resolve('aborted')
      return
    }
    const abort = () => resolve('aborted')
    signal.addEventListener('abort', abort, { once: true })
    parts
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
      .catch(() => {})
  })
}
