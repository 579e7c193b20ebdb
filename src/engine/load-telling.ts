import type { ModelState } from '../core/engine.ts'
import type { PartStream } from './part-stream.ts'

/**
 * Tells whoever waits how much of the model is there, again and again, as long as it is on its way. Of one that was lost and
 * comes back nothing is told: its error can still be a proper status.
 */
export function tellOfLoad(stream: PartStream, state: () => ModelState, every: number): Disposable {
  const timer = setInterval(() => {
    const now = state()
    if (now.state === 'loading') stream.push({ type: 'loading', fraction: now.fraction })
    // It waits for the room that others have.
    else if (now.state === 'unloaded') stream.push({ type: 'loading', fraction: 0 })
  }, every)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
