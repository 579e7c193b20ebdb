import { ElpisError, elpisError } from '../errors.ts'

interface EndingCauses {
  /** Signals whose reason is the `ElpisError` to end with. */
  readonly causes: readonly AbortSignal[]
  /** The client is gone. */
  readonly left: AbortSignal
  readonly seconds: number
  readonly timeout: () => ElpisError
}

/** One signal for all that can end an answer early; its reason is always an `ElpisError`. */
export interface Ending {
  readonly signal: AbortSignal
  readonly closed: boolean
  /** Lets go of all causes. */
  close(): void
}

/**
 * Merges what can end an answer. Unlike `AbortSignal.any` and `AbortSignal.timeout` it lets go of everything when it is
 * closed: signals that live as long as the server must not gather one listener a request.
 */
export function endingOf({ causes, left, seconds, timeout }: EndingCauses): Ending {
  const controller = new AbortController()
  const release: (() => void)[] = []
  let closed = false
  const follow = (source: AbortSignal, reason: () => unknown): void => {
    const end = () => controller.abort(reason())
    if (source.aborted) end()
    else {
      source.addEventListener('abort', end, { once: true })
      release.push(() => source.removeEventListener('abort', end))
    }
  }
  for (const cause of causes) {
    follow(cause, () => (cause.reason instanceof ElpisError ? cause.reason : elpisError('shutting_down')))
  }
  follow(left, () => elpisError('client_left'))
  const timer = setTimeout(() => controller.abort(timeout()), seconds * 1000)
  release.push(() => clearTimeout(timer))
  return {
    signal: controller.signal,
    get closed() {
      return closed
    },
    close() {
      closed = true
      for (const letGo of release.splice(0)) letGo()
    },
  }
}
