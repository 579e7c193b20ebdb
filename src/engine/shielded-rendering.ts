/** Renders a conversation so that no control token of the prompt has anything of people's text in it. */
import type { Json } from '../core/request.ts'
import type { TemplateConversation, TemplateMessage, TemplateTool } from './dialect/template-conversation.ts'
import type { Segment } from './protocol.ts'
import type { TextShield } from './text-shield.ts'

/** What people wrote of a conversation. */
export type Written = Pick<TemplateConversation, 'messages' | 'tools'>

/** Against what a text is covered. */
export interface Shields {
  /** What the model itself wrote, for templates look for its marks there, to leave thoughts out. */
  readonly controls: TextShield
  /** What anybody else wrote: marks such as `<tool_call>` as well. */
  readonly all: TextShield
}

type Change = (text: string) => string

/**
 * Words of JSON Schema that templates look for in the descriptions of tools: covered, they would not find them. None of
 * them could complete a control token but where a template puts them into one.
 */
const schemaWords: ReadonlySet<string> = new Set(
  (
    'type description properties required items enum const title default format minimum maximum pattern anyOf allOf ' +
    'oneOf not additionalProperties $ref $defs definitions parameters nullable prefixItems minItems maxItems minLength ' +
    'maxLength object string number integer boolean array null'
  ).split(' '),
)

/**
 * What the tokenizer is to be given: the rendering under the thin cover, or, when the template made other control
 * tokens of that than under the thick one, under the thick one.
 *
 * @throws whatever `render` throws.
 */
export function shieldedRendering(
  written: Written,
  { controls, all }: Shields,
  render: (covered: Written) => string,
): Segment[] {
  const covers = all.covers([JSON.stringify(written)])
  const shieldOf = (own: boolean) => (own ? controls : all)
  const thin = changed(written, (text, own) => covers.thin(text, shieldOf(own)))
  const thick = changed(written, (text, own) => covers.thick(text, shieldOf(own)))
  const rendered = render(thin)
  if (JSON.stringify(thin) === JSON.stringify(thick)) return covers.segments(rendered)
  const certain = render(thick)
  const [tokens, certainTokens] = [rendered, certain].map((text) =>
    [...controls.tokensIn(text)].map(({ token }) => token),
  ) as [string[], string[]]
  const same =
    tokens.length === certainTokens.length && tokens.every((token, at) => token === certainTokens[at])
  return covers.segments(same ? rendered : certain)
}

/** With every text in it changed: roles, types and the names of OpenAI's own fields are none. */
function changed({ messages, tools }: Written, change: (text: string, own: boolean) => string): Written {
  const others: Change = (text) => change(text, false)
  const own: Change = (text) => change(text, true)
  return {
    messages: messages.map((message) => changedMessage(message, message.role === 'assistant' ? own : others)),
    tools: tools && tools.map((tool) => changedTool(tool, others)),
  }
}

function changedMessage(message: TemplateMessage, change: Change): TemplateMessage {
  const { name, reasoning_content: reasoning, thinking, tool_calls: calls, tool_call_id: id } = message
  return {
    ...message,
    content: change(message.content),
    ...(name === undefined ? {} : { name: change(name) }),
    ...(reasoning === undefined ? {} : { reasoning_content: change(reasoning) }),
    ...(thinking === undefined ? {} : { thinking: change(thinking) }),
    ...(id === undefined ? {} : { tool_call_id: change(id) }),
    ...(calls === undefined
      ? {}
      : {
          tool_calls: calls.map((call) => ({
            id: change(call.id),
            type: call.type,
            function: {
              name: change(call.function.name),
              arguments: changedJson(call.function.arguments, change),
            },
          })),
        }),
  }
}

function changedTool(tool: TemplateTool, change: Change): TemplateTool {
  const { name, description, parameters } = tool.function
  const schemaChange: Change = (text) => (schemaWords.has(text) ? text : change(text))
  return {
    ...tool,
    function: {
      name: change(name),
      description: change(description),
      parameters: changedJson(parameters, schemaChange),
    },
  }
}

function changedJson(value: Json, change: Change): Json {
  if (typeof value === 'string') return change(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => changedJson(item, change))
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [change(key), changedJson(member as Json, change)]),
  )
}
