/** How busy this machine is while something is timed, so that a limit fails for what it is about and not for a neighbour. */
import type { ApiServer } from './api-server.ts'

const tickMilliseconds = 5

export interface MachineLoad {
  /** How long as many plain requests took here and now. */
  readonly baseline: number
  /** Ends the probe. @returns the longest that this process's loop was held up meanwhile */
  stop(): number
}

/** Times `count` requests that do nothing, then watches the event loop until it is stopped. */
export async function measureLoad(server: Pick<ApiServer, 'fetch'>, count: number): Promise<MachineLoad> {
  const before = performance.now()
  await Promise.all(
    Array.from({ length: count }, async () => await (await server.fetch('/v1/models')).arrayBuffer()),
  )
  const baseline = performance.now() - before
  let last = performance.now()
  let longest = 0
  const look = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last - tickMilliseconds)
    last = now
  }
  const timer = setInterval(look, tickMilliseconds)
  return {
    baseline,
    stop() {
      clearInterval(timer)
      look()
      return Math.max(0, longest)
    },
  }
}

/** @returns what `limit` is worth on a machine this busy: the same when it is idle */
export function onThisMachine(limit: number, { baseline }: MachineLoad, lag: number): number {
  return limit + lag * 2 + Math.max(0, baseline - limit)
}

/** Rejects when nothing came of it in `milliseconds`: what was to be ended runs on. */
export async function endedWithin<Value>(ended: Promise<Value>, milliseconds = 10_000): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('What was to be ended runs on.')), milliseconds)
  })
  return await Promise.race([ended, late]).finally(() => clearTimeout(timer))
}
