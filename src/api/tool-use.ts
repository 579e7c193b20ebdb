/** Tools as every door takes them: each has a shape of its own, all have these measures. */
import { z } from 'zod'
import type { ToolUse } from '../core/request.ts'
import { text } from './openai/fields.ts'

/** All tools together, as JSON: more than any model's context has room for is a mistake. */
const mostToolText = 1_000_000

export const functionType = z.literal('function', {
  error: 'only tools of type "function" can be used here: the client runs them',
})

export const toolName = z
  .string()
  .regex(/^[\w-]{1,128}$/u, 'must have 1 to 128 letters, digits, underscores or dashes only')

export const toolDescription = text.max(100_000).nullish()

export const toolParameters = z
  .record(z.string(), z.json(), { error: 'must be a JSON Schema: an object' })
  .refine(({ type }) => type === undefined || type === 'object', 'must describe an object: "type": "object"')

export function toolList<Tool extends z.ZodType>(tool: Tool) {
  return z.array(tool).max(128).nullish().describe('Functions that the model may call; the client runs them.')
}

/**
 * A check for zod, of a whole body as its door translates it: tools with the same name, tools that are too long
 * together, and a choice that none of them fits are issues. Every schema with tools ends in it.
 */
export function checkToolUse({ tools, choice }: ToolUse, context: z.RefinementCtx): void {
  const issue = (field: 'tools' | 'tool_choice', message: string) =>
    context.addIssue({ code: 'custom', path: [field], message })
  const names = new Set<string>()
  for (const { name } of tools) {
    if (names.has(name)) issue('tools', `two have the name "${name}"`)
    names.add(name)
  }
  if (JSON.stringify(tools).length > mostToolText) issue('tools', 'are too long together')
  if (choice === 'required' && tools.length === 0) issue('tool_choice', 'there are no tools')
  if (typeof choice === 'object' && !names.has(choice.name)) {
    issue('tool_choice', `there is no tool "${choice.name}"`)
  }
}

/** For the engine: null without tools. */
export function nullWithoutTools(toolUse: ToolUse): ToolUse | null {
  return toolUse.tools.length === 0 ? null : toolUse
}
