import { splitThoughts } from '../markdown/thoughts.ts'
import type { Turn } from '../server/ask.ts'
import type { Conversation } from './conversation.ts'
import { pathTo } from './tree.ts'

/**
 * What the model is to read before it writes the answer whose parent is named. An answer without a word is left out, and
 * questions that then follow each other become one turn: many chat templates refuse two turns of one role. What it
 * thought before it answered is not shown to it again, as the makers of such models want it.
 */
export function turnsBefore(conversation: Conversation, parent: string | null): Turn[] {
  const turns: Turn[] = []
  const system = conversation.settings.system.trim()
  if (system !== '') turns.push({ role: 'system', content: system })
  for (const message of pathTo(conversation, parent)) {
    const { role } = message
    const text = role === 'assistant' ? splitThoughts(message.text).answer : message.text
    const previous = turns.at(-1)
    if (role === 'assistant' && text === '') continue
    if (previous?.role === role) turns[turns.length - 1] = { role, content: `${previous.content}\n\n${text}` }
    else turns.push({ role, content: text })
  }
  return turns
}
