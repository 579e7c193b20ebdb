/** Tools in the responses endpoint, flat: what clients send, and what that means. */
import { z } from 'zod'
import type { ToolUse } from '../../../core/request.ts'
import { functionType, toolDescription, toolList, toolName, toolParameters } from '../../tool-use.ts'

const functionTool = z.strictObject({
  type: functionType,
  name: toolName,
  description: toolDescription,
  parameters: toolParameters.nullish().describe('JSON Schema of the arguments.'),
  strict: z.boolean().nullish().describe('Holds the arguments to the schema. Default false.'),
})

const toolChoice = z.union(
  [z.enum(['none', 'auto', 'required']), z.strictObject({ type: z.literal('function'), name: toolName })],
  { error: 'must be none, auto, required or {"type": "function", "name": …}' },
)

export const toolFields = {
  tools: toolList(functionTool),
  tool_choice: toolChoice.nullish().describe('Default auto.'),
  parallel_tool_calls: z.boolean().nullish().describe('Default true.'),
}

/** The tools and how they may be called. */
export function toolUseOf(body: z.output<z.ZodObject<typeof toolFields>>): ToolUse {
  const choice = body.tool_choice ?? 'auto'
  return {
    tools: (body.tools ?? []).map(({ name, description, parameters, strict }) => ({
      name,
      description: description ?? null,
      parameters: parameters ?? null,
      strict: strict ?? false,
    })),
    choice: typeof choice === 'string' ? choice : { name: choice.name },
    parallel: body.parallel_tool_calls ?? true,
  }
}
