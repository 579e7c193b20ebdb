import type { ChatMessage, ToolCall } from '../../../core/request.ts'
import { invalid } from '../../parse.ts'
import type { Item } from './items.ts'

/** A turn of the assistant that is being put together: what it thought, said and called stand apart as items. */
interface Turn {
  reasoning: string
  content: string
  toolCalls: ToolCall[]
}

/**
 * Items as the turns that a chat template knows. Thoughts, text and calls that follow each other are one turn of the
 * assistant.
 *
 * @throws `invalid_request` when an output belongs to no call.
 */
export function messagesOf(instructions: string | null, items: readonly Item[]): ChatMessage[] {
  const messages: ChatMessage[] = []
  const called = new Map<string, string>()
  let turn: Turn | null = null
  if (instructions !== null) messages.push({ role: 'system', content: instructions })

  function flush(): void {
    if (turn !== null) messages.push(messageOf(turn))
    turn = null
  }
  /** The turn that something may be added to, unless `full` says that this would be its second. */
  function open(full: (turn: Turn) => boolean): Turn {
    if (turn !== null && full(turn)) flush()
    return (turn ??= { reasoning: '', content: '', toolCalls: [] })
  }

  for (const item of items) {
    switch (item.type) {
      case 'reasoning':
        open((it) => it.reasoning !== '' || hasSpoken(it)).reasoning = thoughtOf(item)
        break
      case 'function_call': {
        const { call_id: id, name } = item
        called.set(id, name)
        open(() => false).toolCalls.push({ id, name, arguments: item.arguments })
        break
      }
      case 'message':
        if (item.role === 'assistant') {
          open(hasSpoken).content = textOf(item.content)
          break
        }
        flush()
        // OpenAI's newer name for the same thing; no open model's template knows it.
        messages.push({
          role: item.role === 'developer' ? 'system' : item.role,
          content: textOf(item.content),
        })
        break
      case 'function_call_output': {
        flush()
        const name = called.get(item.call_id)
        if (name === undefined)
          throw invalid('input', `no function_call before has the call_id "${item.call_id}"`)
        messages.push({ role: 'tool', content: textOf(item.output), toolCallId: item.call_id, name })
        break
      }
      default:
        item satisfies never
    }
  }
  flush()
  return messages
}

function messageOf({ reasoning, content, toolCalls }: Turn): ChatMessage {
  return {
    role: 'assistant',
    content,
    ...(reasoning === '' ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  }
}

function hasSpoken({ content, toolCalls }: Turn): boolean {
  return content !== '' || toolCalls.length > 0
}

type Content = string | readonly ({ readonly text: string } | { readonly refusal: string })[]

function textOf(content: Content): string {
  if (typeof content === 'string') return content
  return content.map((part) => ('text' in part ? part.text : part.refusal)).join('')
}

/** The thought itself where it is there, else what it was summed up as. */
function thoughtOf({ content, summary }: Extract<Item, { type: 'reasoning' }>): string {
  const parts = content != null && content.length > 0 ? content : (summary ?? [])
  return parts.map(({ text }) => text).join('\n')
}
