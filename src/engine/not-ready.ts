import type { ModelState } from '../core/engine.ts'
import { elpisError, type ElpisError } from '../errors.ts'

/**
 * `model_not_ready`, with what is known of when it will be; `model_unusable` when it was given up.
 *
 * @param pause milliseconds until it is started again
 */
export function notReady(model: string, state: ModelState, pause: number): ElpisError {
  if (state.state === 'failed') return elpisError('model_unusable', { model, reason: state.reason })
  const error = elpisError('model_not_ready', { model, state: inWords(state) })
  error.retryAfter = Math.ceil(pause / 1000) + 1
  return error
}

function inWords(state: Exclude<ModelState, { state: 'failed' }>): string {
  switch (state.state) {
    case 'unloaded':
      return 'not loaded'
    case 'loading':
      return `still loading (${Math.round(state.fraction * 100)}%)`
    case 'restarting':
      return `restarting: ${state.reason}`
    case 'ready':
      return 'ready in a moment'
    default:
      return state satisfies never
  }
}
