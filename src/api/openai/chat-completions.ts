import type { ChatMessage } from '../../core/request.ts'
import { modelRefusals } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import { nullWithoutTools } from '../tool-use.ts'
import { chatChunk, chatCompletion, chatRequest, type ChatRequest } from './chat-schema.ts'
import { thinkingOf, toolCallsOf, toolUseOf } from './chat-tools.ts'
import { chatWire } from './chat-wire.ts'
import { envelopeOf, requestOf, type Generating } from './generating.ts'
import { respond } from './respond.ts'
import { formatOf } from './response-format.ts'

/** OpenAI's chat route, streamed as events or whole. */
export function chatCompletions(generating: Generating): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/chat/completions',
    summary: 'Answer a conversation',
    needs: 'answers',
    body: chatRequest,
    answers: {
      200: { description: 'The answer, whole or as events.', schema: chatCompletion, events: chatChunk },
      ...modelRefusals(),
    },
    async handle({ body, exchange, reply }) {
      const request = requestOf(
        exchange,
        body,
        {
          input: { kind: 'chat', messages: body.messages.map(messageOf) },
          maxTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
          topLogprobs: body.logprobs === true ? (body.top_logprobs ?? 0) : null,
          toolUse: nullWithoutTools(toolUseOf(body)),
          reasoning: thinkingOf(body),
          format: formatOf(body.response_format),
        },
        generating.mostChoices,
      )
      const { choices } = request
      return await respond({
        parts: generating.answer(request, exchange.credentials),
        wire: chatWire(
          envelopeOf('chatcmpl', request, generating),
          choices,
          body.stream_options?.include_usage === true,
        ),
        exchange,
        reply,
        choices,
        stream: body.stream === true,
        promptField: 'messages',
      })
    },
  })
}

/** A message for the engine: parts of text are joined, and the role `developer` becomes `system`. */
export function messageOf(message: ChatRequest['messages'][number]): ChatMessage {
  const { role, content, name } = message
  const said = {
    // OpenAI's newer name for the same thing; no open model's template knows it.
    role: role === 'developer' ? 'system' : role,
    content: typeof content === 'string' ? content : (content ?? []).map((part) => part.text).join(''),
    ...(name == null ? {} : { name }),
  } as const
  if (message.role === 'tool') return { ...said, toolCallId: message.tool_call_id }
  if (message.role !== 'assistant') return said
  const reasoning = message.reasoning_content ?? message.reasoning
  const toolCalls = toolCallsOf(message.tool_calls)
  return {
    ...said,
    ...(reasoning == null ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  }
}
