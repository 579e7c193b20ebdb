/** Tools and thoughts in the chat endpoint: what clients send, and what that means. */
import { z } from 'zod'
import type { Reasoning, ToolCall, ToolUse } from '../../core/request.ts'
import { functionType, toolDescription, toolList, toolName, toolParameters } from '../tool-use.ts'
import { effort, reasoningOf } from './effort.ts'
import { text } from './fields.ts'

const mostCalls = 128

const functionTool = z.strictObject({
  type: functionType,
  function: z.strictObject({
    name: toolName,
    description: toolDescription,
    parameters: toolParameters.nullish().describe('JSON Schema of the arguments; left out, there are none.'),
    strict: z.boolean().nullish().describe('Holds the arguments to the schema. Default false.'),
  }),
})

const toolChoice = z.union(
  [
    z.enum(['none', 'auto', 'required']),
    z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: toolName }) }),
  ],
  { error: 'must be none, auto, required or {"type": "function", "function": {"name": …}}' },
)

export const toolFields = {
  tools: toolList(functionTool),
  tool_choice: toolChoice.nullish().describe('Default auto. With none, the model is not told of the tools.'),
  parallel_tool_calls: z.boolean().nullish().describe('Several calls in one answer. Default true.'),
  reasoning_effort: effort
    .nullish()
    .describe('How hard to think, for models that do; default as their template has it. none: not at all.'),
  reasoning_budget: z
    .int()
    .min(0)
    .max(2_147_483_647)
    .nullish()
    .describe('Extension: most tokens of thought; then the answer begins.'),
  chat_template_kwargs: z
    .strictObject({ enable_thinking: z.boolean().nullish(), thinking: z.boolean().nullish() })
    .nullish()
    .describe('Extension, as in vLLM: whether to think, for models that can do both.'),
}

/** In an assistant's turn: what it called. */
export const toolCalls = z
  .array(
    z.strictObject({
      id: z.string().min(1).max(200),
      type: z.literal('function', { error: 'only calls of type "function" can be read here' }),
      function: z.strictObject({ name: z.string().min(1).max(256), arguments: text }),
      // As our own and other servers write it in streams.
      index: z.int().nullish(),
    }),
  )
  .max(mostCalls)
  .nullish()

/** In an answer. */
export const answeredToolCall = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({
    name: z.string(),
    arguments: z.string().describe('JSON text, as the model wrote it.'),
  }),
})

/** In an event: the first of a call has its id and name, all have more of its arguments. */
export const toolCallDelta = z.object({
  index: z.int(),
  id: z.string().optional(),
  type: z.literal('function').optional(),
  function: z.object({ name: z.string().optional(), arguments: z.string() }),
})

interface ToolBody {
  readonly tools?: z.output<typeof toolFields.tools>
  readonly tool_choice?: z.output<typeof toolFields.tool_choice>
  readonly parallel_tool_calls?: boolean | null | undefined
  readonly reasoning_effort?: z.output<typeof toolFields.reasoning_effort>
  readonly reasoning_budget?: number | null | undefined
  readonly chat_template_kwargs?: z.output<typeof toolFields.chat_template_kwargs>
}

/** The tools and how they may be called. */
export function toolUseOf({ tools, tool_choice: choice, parallel_tool_calls: parallel }: ToolBody): ToolUse {
  return {
    tools: (tools ?? []).map(({ function: { name, description, parameters, strict } }) => ({
      name,
      description: description ?? null,
      parameters: parameters ?? null,
      strict: strict ?? false,
    })),
    choice: typeof choice === 'object' && choice !== null ? choice.function : (choice ?? 'auto'),
    parallel: parallel ?? true,
  }
}

/**
 * How the model shall think. A switch in `chat_template_kwargs` goes before `reasoning_effort`, and
 * `reasoning_budget` (tokens) before the budget of an effort.
 */
export function thinkingOf(body: ToolBody): Reasoning {
  const asked = reasoningOf(body.reasoning_effort)
  const switched = body.chat_template_kwargs?.enable_thinking ?? body.chat_template_kwargs?.thinking
  const mode = switched == null ? asked.mode : switched ? 'on' : 'off'
  return { ...asked, mode, budget: body.reasoning_budget ?? asked.budget }
}

/** Calls of an earlier turn as the engine has them; none for null. */
export function toolCallsOf(calls: z.output<typeof toolCalls>): ToolCall[] {
  return (calls ?? []).map(({ id, function: { name, arguments: text } }) => ({ id, name, arguments: text }))
}
