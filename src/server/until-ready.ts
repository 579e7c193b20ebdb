import type { Engine } from '../core/engine.ts'
import { elpisError } from '../errors.ts'

/** An engine tells its state when asked, and does not call back. */
const pollMilliseconds = 20

/**
 * Resolves when every model of the engine can answer, or be loaded for the first who asks.
 *
 * @throws `model_load_failed` when one has given up, `shutting_down` when the signal is aborted
 */
export async function untilReady(engine: Pick<Engine, 'status'>, signal: AbortSignal): Promise<void> {
  for (;;) {
    const states = engine.status().map(({ state }) => state)
    const failed = states.find((state) => state.state === 'failed')
    if (failed !== undefined) throw elpisError('model_load_failed', { reason: failed.reason })
    // What waits for somebody to ask for it keeps nobody waiting.
    if (states.every(({ state }) => state === 'ready' || state === 'unloaded')) return
    if (signal.aborted) throw elpisError('shutting_down')
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds))
  }
}
