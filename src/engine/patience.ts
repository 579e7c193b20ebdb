import type { Clock } from '../core/clock.ts'
import { elpisError } from '../errors.ts'

/** What timers can count, in milliseconds. */
const longestTimer = 2 ** 31 - 1

/** Aborted with `deadline_passed` when the client would not wait any longer for an answer to begin. */
export function patienceUntil(
  deadline: number | null,
  clock: Clock,
): Disposable & { readonly signal: AbortSignal } {
  const patience = new AbortController()
  if (deadline === null) return { signal: patience.signal, [Symbol.dispose]: () => undefined }
  const left = Math.min(Math.max(0, deadline - clock.now()), longestTimer)
  const timer = setTimeout(() => patience.abort(elpisError('deadline_passed')), left)
  return { signal: patience.signal, [Symbol.dispose]: () => clearTimeout(timer) }
}
