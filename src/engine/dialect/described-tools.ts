/** Tools for models whose template knows none: told in the system's turn, calls and results written as text. */
import type { ChatMessage, Tool } from '../../core/request.ts'
import type { Rendering } from './dialect.ts'

/**
 * The conversation with its tools described in the system's turn, or in the first user's where the template has no
 * system's. Calls and results become text even when `tools` is empty.
 */
export function describedConversation(
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
  { systemTurn }: Pick<Rendering, 'systemTurn'>,
): readonly ChatMessage[] {
  const turns = withoutToolTurns(messages)
  if (tools.length === 0) return turns
  const [first, ...others] = turns
  const text = description(tools)
  if (first?.role === 'system') return [{ ...first, content: `${first.content}\n\n${text}` }, ...others]
  if (systemTurn || first?.role !== 'user') return [{ role: 'system', content: text }, ...turns]
  return [{ ...first, content: `${text}\n\n${first.content}` }, ...others]
}

function description(tools: readonly Tool[]): string {
  const lines = tools.map(({ name, description, parameters }) =>
    JSON.stringify({ name, ...(description === null ? {} : { description }), parameters: parameters ?? {} }),
  )
  return [
    'You can call tools. Each line of the following list describes one, its parameters as a JSON Schema:',
    ...lines,
    'To call a tool, write its name and its arguments like this:',
    '<tool_call>',
    '{"name": "name of the tool", "arguments": {"parameter": "value"}}',
    '</tool_call>',
    'What the tool gives comes back between <tool_response> and </tool_response>. Call a tool only when you need it.',
  ].join('\n')
}

function withoutToolTurns(messages: readonly ChatMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = []
  let inResults = false
  for (const message of messages) {
    const isResult = message.role === 'tool'
    const last = turns.at(-1)
    if (!isResult) turns.push(withCallsAsText(message))
    else if (inResults && last !== undefined)
      turns[turns.length - 1] = { ...last, content: `${last.content}\n${resultText(message)}` }
    else turns.push({ role: 'user', content: resultText(message) })
    inResults = isResult
  }
  return turns
}

function resultText({ content }: ChatMessage): string {
  return `<tool_response>\n${content}\n</tool_response>`
}

function withCallsAsText(message: ChatMessage): ChatMessage {
  const { toolCalls = [], ...others } = message
  if (toolCalls.length === 0) return others
  const calls = toolCalls.map(
    ({ name, arguments: text }) =>
      `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${text === '' ? '{}' : text}}\n</tool_call>`,
  )
  return { ...others, content: [...(others.content === '' ? [] : [others.content]), ...calls].join('\n') }
}
