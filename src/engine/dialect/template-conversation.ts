/** A conversation in the shape that chat templates expect: that of OpenAI, with what each family wants otherwise. */
import { createHash } from 'node:crypto'
import type { ChatMessage, Json, Reasoning, Tool, ToolCall, ToolUse } from '../../core/request.ts'
import { describedConversation } from './described-tools.ts'
import type { Dialect, Rendering } from './dialect.ts'
import { parsed } from './json-span.ts'

export interface TemplateToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: Json }
}

export interface TemplateMessage {
  readonly role: ChatMessage['role']
  readonly content: string
  readonly name?: string
  readonly reasoning_content?: string
  /** What gpt-oss calls `reasoning_content`. */
  readonly thinking?: string
  readonly tool_calls?: readonly TemplateToolCall[]
  readonly tool_call_id?: string
}

export interface TemplateTool {
  readonly type: 'function'
  readonly function: { readonly name: string; readonly description: string; readonly parameters: Json }
}

export interface TemplateConversation {
  readonly messages: readonly TemplateMessage[]
  readonly tools: readonly TemplateTool[] | null
  /** Variables by which templates are told how to reason. */
  readonly switches: Readonly<Record<string, boolean | string>>
}

/** What a prompt is made for, besides the messages. */
export interface Outlook {
  readonly toolUse: ToolUse | null
  readonly reasoning: Reasoning
}

/**
 * Messages, tools and switches for a chat template. `tools` is null when there are none, when the choice is `none`,
 * or when the dialect has them described in a turn.
 */
export function templateConversation(
  messages: readonly ChatMessage[],
  { toolUse, reasoning }: Outlook,
  { rendering }: Pick<Dialect, 'rendering'>,
): TemplateConversation {
  // A model that is to call nothing is not told of tools: it would call them all the same.
  const tools = toolUse === null || toolUse.choice === 'none' ? [] : toolUse.tools
  const isDescribed = rendering.tools === 'described'
  const turns = isDescribed ? describedConversation(messages, tools, rendering) : named(messages)
  return {
    messages: (rendering.oneCall ? separated(turns) : turns).map((turn) => messageOf(turn, rendering)),
    tools: isDescribed || tools.length === 0 ? null : tools.map(toolOf),
    switches: switchesOf(reasoning),
  }
}

function messageOf(message: ChatMessage, rendering: Rendering): TemplateMessage {
  const { role, content, name, reasoning, toolCalls, toolCallId } = message
  return {
    role,
    content,
    ...(name === undefined ? {} : { name }),
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning, thinking: reasoning }),
    ...(toolCalls === undefined || toolCalls.length === 0
      ? {}
      : { tool_calls: toolCalls.map((call) => callOf(call, rendering)) }),
    ...(toolCallId === undefined ? {} : { tool_call_id: idOf(toolCallId, rendering) }),
  }
}

function callOf({ id, name, arguments: text }: ToolCall, rendering: Rendering): TemplateToolCall {
  const value = rendering.arguments === 'object' ? parsed(text === '' ? '{}' : text) : text
  const isObject = typeof value === 'object' && value !== null
  return {
    id: idOf(id, rendering),
    type: 'function',
    function: { name, arguments: isObject ? (value as Json) : text },
  }
}

/** Mistral's templates refuse ids that are not nine letters or digits. */
function idOf(id: string, { callIds }: Rendering): string {
  if (callIds === 'own' || /^[a-zA-Z0-9]{9}$/u.test(id)) return id
  return createHash('sha256').update(id).digest('hex').slice(0, 9)
}

function toolOf({ name, description, parameters }: Tool): TemplateTool {
  const schema = parameters ?? { type: 'object', properties: {} }
  return { type: 'function', function: { name, description: description ?? '', parameters: schema } }
}

/** Many templates write the name of the tool beside its result, which OpenAI's messages do not carry. */
function named(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const names = new Map<string, string>()
  return messages.map((message) => {
    for (const { id, name } of message.toolCalls ?? []) names.set(id, name)
    if (message.role !== 'tool' || message.name !== undefined) return message
    const name = message.toolCallId === undefined ? undefined : names.get(message.toolCallId)
    return name === undefined ? message : { ...message, name }
  })
}

/** Each call of a turn in a turn of its own, its result behind it. */
function separated(messages: readonly ChatMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = []
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index]!
    const { toolCalls = [] } = message
    if (toolCalls.length < 2) {
      turns.push(message)
      continue
    }
    const results: ChatMessage[] = []
    while (messages[index + 1]?.role === 'tool') results.push(messages[++index]!)
    for (const [place, call] of toolCalls.entries()) {
      const first = place === 0 ? message : { role: message.role, content: '' }
      turns.push({ ...first, toolCalls: [call] })
      turns.push(...results.filter(({ toolCallId }) => toolCallId === call.id))
    }
    turns.push(...results.filter(({ toolCallId }) => !toolCalls.some(({ id }) => id === toolCallId)))
  }
  return turns
}

/** The names that templates look for; those that know none of them are not changed by them. */
function switchesOf({ mode, effort }: Reasoning): Record<string, boolean | string> {
  return {
    ...(mode === 'default' ? {} : { enable_thinking: mode === 'on', thinking: mode === 'on' }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
  }
}
