/** A request in the words of an upstream. What it cannot take is refused by name, never left out in silence. */
import type { TokenizeRequest } from '../../core/engine.ts'
import {
  plainRequest,
  type ChatMessage,
  type EngineRequest,
  type Json,
  type OutputFormat,
  type ToolUse,
} from '../../core/request.ts'
import { elpisError, type ElpisError } from '../../errors.ts'
import type { Dialect } from './dialect.ts'

type Body = { [name: string]: Json | undefined }

/**
 * The body of `POST …/chat/completions`, or of `POST …/completions` for text that is to be continued.
 *
 * @param name what the upstream calls the model
 * @throws `unsupported_parameter`
 */
export function requestBody(request: EngineRequest, name: string, dialect: Dialect): string {
  const { input, choices, stop, maxTokens } = request
  const body: Body = {
    model: name,
    stream: true,
    stream_options: {
      include_usage: true,
      ...(dialect.runningUsage ? { continuous_usage_stats: true } : {}),
    },
    ...samplingOf(request, dialect),
    n: choices === 1 ? undefined : choices,
    stop: stop.length === 0 ? undefined : stop,
  }
  if (input.kind !== 'chat') {
    if (request.format.kind !== 'text')
      throw unsupported('response_format', 'it goes with conversations only')
    return JSON.stringify({
      ...body,
      prompt: input.kind === 'text' ? input.text : input.tokens,
      max_tokens: maxTokens ?? undefined,
      logprobs: request.topLogprobs ?? undefined,
    })
  }
  return JSON.stringify({
    ...body,
    messages: input.messages.map(messageOf),
    [dialect.maxTokens]: maxTokens ?? undefined,
    logprobs: request.topLogprobs === null ? undefined : true,
    top_logprobs: request.topLogprobs || undefined,
    response_format: formatOf(request.format),
    ...toolsOf(request.toolUse),
    ...thinkingOf(request, dialect),
  })
}

/** A conversation, or text, as vLLM's tokeniser wants it. */
export function tokenizeBody(
  { input, outlook = plainRequest }: Pick<TokenizeRequest, 'input' | 'outlook'>,
  name: string,
  dialect: Dialect,
): string {
  if (input.kind !== 'chat') {
    return JSON.stringify({ model: name, prompt: input.kind === 'text' ? input.text : input.tokens })
  }
  return JSON.stringify({
    model: name,
    messages: input.messages.map(messageOf),
    tools: toolsOf(outlook.toolUse)['tools'],
    ...thinkingOf(outlook, dialect),
  })
}

function samplingOf({ sampling, ignoreEos, priority }: EngineRequest, dialect: Dialect): Body {
  const bias = [...sampling.logitBias].map(([token, value]) => [String(token), value] as const)
  return {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    seed: sampling.seed,
    presence_penalty: sampling.presencePenalty || undefined,
    frequency_penalty: sampling.frequencyPenalty || undefined,
    logit_bias: bias.length === 0 ? undefined : Object.fromEntries(bias),
    ...extension('top_k', dialect.topK, sampling.topK, 0),
    ...extension('min_p', dialect.minP, sampling.minP, 0),
    ...extension('repeat_penalty', dialect.repeatPenalty, sampling.repeatPenalty, 1),
    ...extension('ignore_eos', dialect.ignoreEos, ignoreEos, false),
    // Without priorities all are served alike: later than asked for, never another answer.
    ...(dialect.priority === null || priority === 0 ? {} : { [dialect.priority]: priority }),
  }
}

function extension(ours: string, theirs: string | null, value: Json, neutral: Json): Body {
  if (value === neutral) return {}
  if (theirs === null) throw unsupported(ours, 'the server behind this model does not know it')
  return { [theirs]: value }
}

function messageOf({ role, content, name, reasoning, toolCalls, toolCallId }: ChatMessage): Json {
  const calls = toolCalls ?? []
  const message: Body = {
    role,
    // OpenAI's way to say that an assistant's turn was tool calls alone.
    content: content === '' && calls.length > 0 ? null : content,
    name,
    reasoning_content: reasoning,
    tool_calls:
      calls.length === 0
        ? undefined
        : calls.map((call) => ({
            id: call.id,
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
    tool_call_id: toolCallId,
  }
  return message as Json
}

function formatOf(format: OutputFormat): Json | undefined {
  switch (format.kind) {
    case 'text':
      return undefined
    case 'json-object':
      return { type: 'json_object' }
    case 'json-schema':
      return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: format.schema } }
    default:
      return format satisfies never
  }
}

function toolsOf(toolUse: ToolUse | null): Body {
  if (toolUse === null || toolUse.tools.length === 0) return {}
  const { choice } = toolUse
  return {
    tools: toolUse.tools.map(({ name, description, parameters, strict }) => ({
      type: 'function',
      function: {
        name,
        ...(description === null ? {} : { description }),
        ...(parameters === null ? {} : { parameters }),
        ...(strict ? { strict } : {}),
      },
    })),
    tool_choice: typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } },
    parallel_tool_calls: toolUse.parallel ? undefined : false,
  }
}

function thinkingOf(
  { reasoning: { mode, budget } }: Pick<EngineRequest, 'reasoning'>,
  dialect: Dialect,
): Body {
  const { templateArguments } = dialect
  if (mode !== 'default' && !templateArguments)
    throw unsupported('reasoning', 'at the server behind this model it cannot be switched on or off')
  return {
    ...extension('reasoning_budget', dialect.thoughtBudget, budget, null),
    ...(mode === 'default' ? {} : { chat_template_kwargs: { enable_thinking: mode === 'on' } }),
  }
}

function unsupported(parameter: string, reason: string): ElpisError {
  const error = elpisError('unsupported_parameter', { parameter, reason })
  error.param = parameter
  return error
}
