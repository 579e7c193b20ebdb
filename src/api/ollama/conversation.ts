import { z } from 'zod'
import type { ChatMessage, ToolCall } from '../../core/request.ts'
import { text } from '../openai/fields.ts'
import { noImages } from './fields.ts'

const content = text.nullish()
const calls = z
  .array(
    z.strictObject({
      id: z.string().max(200).nullish(),
      type: z.literal('function').nullish(),
      function: z.strictObject({
        index: z.int().nullish(),
        name: z.string().min(1).max(200),
        arguments: z.record(z.string(), z.json()),
      }),
    }),
  )
  .max(128)
  .nullish()

/** One turn, as Ollama has it. */
export const message = z.discriminatedUnion(
  'role',
  [
    z.strictObject({ role: z.literal(['system', 'user']), content, images: noImages }),
    z.strictObject({
      role: z.literal('assistant'),
      content,
      thinking: text.nullish(),
      tool_calls: calls,
      images: noImages,
    }),
    z.strictObject({
      role: z.literal('tool'),
      content,
      tool_name: z.string().max(200).nullish(),
      tool_call_id: z.string().max(200).nullish(),
      images: noImages,
    }),
  ],
  { error: 'must be one of system, user, assistant, tool' },
)

type Turn = z.output<typeof message>
type Called = z.output<typeof calls>

/**
 * Ollama's conversation as our own. Its calls often have no ids, and its results say at best which tool they are of: a
 * result belongs to the first call of the turn before that fits and has none yet.
 */
export function conversationOf(turns: readonly Turn[]): ChatMessage[] {
  let open: ToolCall[] = []
  return turns.map((turn, index): ChatMessage => {
    const text = turn.content ?? ''
    switch (turn.role) {
      case 'system':
      case 'user':
        return { role: turn.role, content: text }
      case 'assistant': {
        const toolCalls = callsOf(turn.tool_calls, index)
        open = [...toolCalls]
        return {
          role: 'assistant',
          content: text,
          ...(turn.thinking == null || turn.thinking === '' ? {} : { reasoning: turn.thinking }),
          ...(toolCalls.length === 0 ? {} : { toolCalls }),
        }
      }
      case 'tool': {
        const { tool_call_id: id, tool_name: name } = turn
        const found = open.find((call) => (id == null ? name == null || call.name === name : call.id === id))
        open = open.filter((call) => call !== found)
        const called = name ?? found?.name
        return {
          role: 'tool',
          content: text,
          ...(called === undefined ? {} : { name: called }),
          ...(found === undefined ? {} : { toolCallId: found.id }),
        }
      }
      default:
        return turn satisfies never
    }
  })
}

function callsOf(called: Called, turn: number): ToolCall[] {
  return (called ?? []).map(({ id, function: { name, arguments: given } }, index) => ({
    id: id ?? `call_${turn}_${index}`,
    name,
    arguments: JSON.stringify(given),
  }))
}
