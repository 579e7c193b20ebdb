/** Tools in Anthropic's messages: what clients send, and what that means. */
import { z } from 'zod'
import type { ToolUse } from '../../core/request.ts'
import { toolDescription, toolList, toolName, toolParameters } from '../tool-use.ts'
import { cacheControl } from './content-schema.ts'

const tool = z.strictObject({
  type: z
    .literal('custom', { error: 'only tools of type "custom" are there: the server runs none itself' })
    .nullish(),
  name: toolName,
  description: toolDescription,
  input_schema: toolParameters.describe('JSON Schema of the arguments.'),
  strict: z.boolean().nullish().describe('Arguments are held to the schema by grammar.'),
  cache_control: cacheControl,
})

const parallel = z.boolean().nullish().describe('At most one call in an answer.')
const toolChoice = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal(['auto', 'any']), disable_parallel_tool_use: parallel }),
    z.strictObject({ type: z.literal('tool'), name: toolName, disable_parallel_tool_use: parallel }),
    z.strictObject({ type: z.literal('none') }),
  ],
  { error: 'must have the type auto, any, tool or none' },
)

export const toolFields = {
  tools: toolList(tool),
  tool_choice: toolChoice.nullish().describe('Default auto.'),
}

type ToolBody = z.output<z.ZodObject<typeof toolFields>>

/** The tools and how they may be called. */
export function toolUseOf({ tools, tool_choice: choice }: ToolBody): ToolUse {
  return {
    tools: (tools ?? []).map(({ name, description, input_schema: parameters, strict }) => ({
      name,
      description: description ?? null,
      parameters,
      strict: strict ?? false,
    })),
    choice: choiceOf(choice),
    parallel: choice == null || choice.type === 'none' || choice.disable_parallel_tool_use !== true,
  }
}

function choiceOf(choice: ToolBody['tool_choice']): ToolUse['choice'] {
  switch (choice?.type) {
    case undefined:
    case 'auto':
      return 'auto'
    case 'any':
      return 'required'
    case 'tool':
      return { name: choice.name }
    case 'none':
      return 'none'
    default:
      return choice satisfies never
  }
}
