import type { ModelState } from './engine.ts'

/** How a model is, in a word or two, such as `loading 40%`; nothing in it names anything. */
export function stateWord(state: ModelState): string {
  return state.state === 'loading' ? `loading ${Math.floor(state.fraction * 100)}%` : state.state
}
