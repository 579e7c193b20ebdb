import type { ChatMessage } from '../../core/request.ts'
import { chanceOf, type GuardModel } from './guard-model.ts'

/**
 * IBM's Granite Guardian 3: its chat template takes the conversation, with a system turn that names the risk; it answers
 * Yes or No (model card). The umbrella risk is `harm`; `jailbreak` is asked for prompts besides.
 */
export const graniteGuardian: GuardModel = {
  name: 'granite-guardian',
  tokens: 4,
  prompts({ prompt, response }) {
    const asked: ChatMessage = { role: 'user', content: prompt }
    const turns: ChatMessage[] =
      response === null ? [asked] : [asked, { role: 'assistant', content: response }]
    const risk = (content: string) =>
      ({ kind: 'chat', messages: [{ role: 'system', content }, ...turns] }) as const
    return response === null ? [risk('harm'), risk('jailbreak')] : [risk('harm')]
  },
  read([harm = { text: '', tokens: [] }, jailbreak]) {
    return {
      harm: chanceOf(harm, { not: 'no', is: 'yes' }),
      attack: jailbreak === undefined ? 0 : chanceOf(jailbreak, { not: 'no', is: 'yes' }),
      hazards: {},
    }
  },
}
