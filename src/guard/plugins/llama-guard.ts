import { hazards as names, type Hazard } from '../../core/verdict.ts'
import { chanceOf, conversation, type GuardModel } from './guard-model.ts'

/**
 * Meta's Llama Guard 3 and 4: the task and the categories stand in its own chat template; it answers `safe`, or `unsafe`
 * and a line of categories (model cards of Llama-Guard-3-8B and Llama-Guard-4-12B).
 */
function llamaGuard(name: string): GuardModel {
  return {
    name,
    tokens: 24,
    prompts: (passage) => [conversation(passage)],
    read([answer = { text: '', tokens: [] }]) {
      const harm = chanceOf(answer, { not: 'safe', is: 'unsafe' })
      const found = (answer.text.match(/S\d{1,2}/g) ?? []).filter((it): it is Hazard => it in names)
      return { harm, attack: 0, hazards: Object.fromEntries(found.map((it) => [it, harm])) }
    },
  }
}

export const llamaGuard3 = llamaGuard('llama-guard-3')
export const llamaGuard4 = llamaGuard('llama-guard-4')
