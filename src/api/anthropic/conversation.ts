import type { ChatMessage, ToolCall } from '../../core/request.ts'
import { invalid } from '../parse.ts'
import type { AssistantBlock, Turn, UserBlock } from './content-schema.ts'
import type { Prompt } from './messages-schema.ts'

/** What stands between turns of one side that follow each other, which Anthropic takes as one. */
const betweenTurns = '\n\n'

/**
 * Anthropic's conversation as our own: the system prompt becomes a turn; results of tools, which stand in a user's turn there,
 * become turns of their own; turns of one side that follow each other become one.
 *
 * @throws `invalid_request` when results and calls do not belong together, or when the answer shall go on from a text.
 */
export function conversationOf({ system, messages }: Pick<Prompt, 'system' | 'messages'>): ChatMessage[] {
  const conversation: ChatMessage[] = []
  const prompt = system == null ? '' : textOf(system)
  if (prompt !== '') conversation.push({ role: 'system', content: prompt })
  let open: readonly ToolCall[] = []
  const merged = mergedTurns(messages)
  for (const [position, { role, blocks, index }] of merged.entries()) {
    if (role === 'assistant') {
      const message = assistantMessage(blocks)
      open = message.toolCalls ?? []
      conversation.push(message)
      if (position === merged.length - 1)
        throw invalid(
          `messages[${index}]`,
          'the last turn must be the user’s: answers cannot be begun for the model',
        )
    } else {
      conversation.push(...userMessages(blocks, open, index))
      open = []
    }
  }
  return conversation
}

type Block = UserBlock | AssistantBlock

interface MergedTurn {
  readonly role: Turn['role']
  readonly blocks: Block[]
  /** Of its last turn in the request. */
  index: number
}

function mergedTurns(turns: readonly Turn[]): MergedTurn[] {
  const merged: MergedTurn[] = []
  for (const [index, { role, content }] of turns.entries()) {
    const blocks: readonly Block[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    const last = merged.at(-1)
    if (last?.role === role) {
      last.index = index
      const apart = last.blocks.at(-1)?.type === 'text' && blocks[0]?.type === 'text'
      if (apart) last.blocks.push({ type: 'text', text: betweenTurns })
      last.blocks.push(...blocks)
    } else merged.push({ role, blocks: [...blocks], index })
  }
  return merged
}

function assistantMessage(blocks: readonly Block[]): ChatMessage {
  const reasoning = blocks.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('')
  const toolCalls = blocks
    .filter((block) => block.type === 'tool_use')
    .map(({ id, name, input }) => ({ id, name, arguments: JSON.stringify(input) }))
  return {
    role: 'assistant',
    content: textOf(blocks),
    ...(reasoning === '' ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  }
}

/** Results first, in the order in which they were sent, then what the user says about them. */
function userMessages(blocks: readonly Block[], open: readonly ToolCall[], index: number): ChatMessage[] {
  const results = blocks.filter((block) => block.type === 'tool_result')
  const missing = open.find(({ id }) => !results.some((result) => result.tool_use_id === id))
  if (missing !== undefined)
    throw invalid(`messages[${index}]`, `has no tool_result for the call "${missing.id}" of the turn before`)
  const messages = results.map((result): ChatMessage => {
    const call = open.find(({ id }) => id === result.tool_use_id)
    if (call === undefined)
      throw invalid(`messages[${index}]`, `the turn before has no tool_use "${result.tool_use_id}"`)
    const content = result.content == null ? '' : textOf(result.content)
    return {
      role: 'tool',
      content: result.is_error === true ? `Error: ${content}` : content,
      name: call.name,
      toolCallId: call.id,
    }
  })
  const content = textOf(blocks)
  return messages.length > 0 && content === '' ? messages : [...messages, { role: 'user', content }]
}

function textOf(content: string | readonly Block[]): string {
  if (typeof content === 'string') return content
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}
