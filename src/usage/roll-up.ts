import type { Clock } from '../core/clock.ts'
import type { UsageRetention, UsageStore } from './store.ts'

const everyMilliseconds = 60_000

export interface RollUp {
  /** Waits for the one that runs and begins no more. */
  close(): Promise<void>
}

/** Rolls usage up now and every minute. */
export function startRollUp(
  store: UsageStore,
  clock: Clock,
  retention: UsageRetention,
  onTrouble: (error: unknown) => void,
): RollUp {
  const closing = new AbortController()
  let running: Promise<void> | null = null
  const work = async () => {
    try {
      // One transaction after the other, with room for others between them.
      while (!closing.signal.aborted && (await store.rollUp(clock.now(), retention)));
    } catch (error) {
      onTrouble(error)
    }
  }
  const begin = () => {
    running ??= work().finally(() => (running = null))
  }
  begin()
  const timer = setInterval(begin, everyMilliseconds)
  timer.unref()
  return {
    async close() {
      closing.abort()
      clearInterval(timer)
      await running
    },
  }
}
