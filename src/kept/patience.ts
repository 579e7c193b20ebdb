import { setTimeout } from 'node:timers/promises'
import type { ElpisError, ErrorCode } from '../errors.ts'
import type { LineAnswer } from './batch-door.ts'

/** What may be over by the time of another try; nothing is recorded of it. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'overloaded',
  'too_many_at_once',
  'model_not_ready',
  'not_ready',
  'shutting_down',
  'shut_down',
  'deadline_passed',
  'storage_busy',
  'storage_failed',
  'storage_full',
  'storage_unreachable',
  'audit_unavailable',
])
const firstPause = 500
const longestPause = 30_000
/** A line that ends its engine this often is at fault itself. */
const mostCrashes = 3

/** Whether it may be over by the time of another try. */
export function mayPass({ code }: ElpisError): boolean {
  return passing.has(code)
}

/**
 * Tries again while what is in the way may pass. Null when `signal` was aborted meanwhile.
 *
 * @throws `key_revoked`, `key_invalid`: whoever ordered this may do nothing more here
 */
export async function answerPatiently(
  answer: () => Promise<LineAnswer>,
  signal: AbortSignal,
): Promise<LineAnswer | null> {
  let crashes = 0
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    if (signal.aborted) return null
    const result = await answer()
    const { error } = result
    if (error === null) return result
    if (signal.aborted) return null
    if (error.code === 'key_revoked' || error.code === 'key_invalid') throw error
    const crashed = error.code === 'engine_failed' && ++crashes < mostCrashes
    if (!crashed && !mayPass(error)) return result
    const wait = Math.max(pause, (error.retryAfter ?? 0) * 1000)
    // Ends early, with an error that says no more than `signal`.
    await setTimeout(wait, undefined, { signal }).catch(() => undefined)
  }
}
