import { modelRefusals } from '../error-body.ts'
import { randomInt } from 'node:crypto'
import { plainRequest, plainSampling, type Reasoning, type Request } from '../../core/request.ts'
import { idLike, type Exchange } from '../exchange.ts'
import type { Generating } from '../openai/generating.ts'
import { respond } from '../openai/respond.ts'
import { defineRoute, type Route } from '../route.ts'
import { nullWithoutTools } from '../tool-use.ts'
import { conversationOf } from './conversation.ts'
import { anthropicError, anthropicErrors, requestIdHeader } from './errors.ts'
import {
  messageAnswer,
  messageEvent,
  messagesRequest,
  type MessagesRequest,
  type Prompt,
} from './messages-schema.ts'
import { messageWire } from './message-wire.ts'
import { toolUseOf } from './tools.ts'

/** The route of Anthropic's messages; answers and errors are in Anthropic's shapes. */
export function messages(generating: Generating): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/messages',
    summary: 'Answer a conversation, as Anthropic has it',
    needs: 'answers',
    body: messagesRequest,
    errors: anthropicErrors,
    answers: {
      200: { description: 'The answer, whole or as events.', schema: messageAnswer, events: messageEvent },
      ...modelRefusals(anthropicError),
    },
    async handle({ body, exchange, reply }) {
      reply.headers(requestIdHeader(exchange.id))
      const request = requestOf(body, exchange)
      return await respond({
        parts: generating.answer(request, exchange.credentials),
        wire: messageWire({ id: idLike(exchange.id, 'msg_'), model: body.model }),
        exchange,
        reply,
        choices: 1,
        stream: body.stream === true,
        promptField: 'messages',
        formatField: 'output_config.format',
      })
    },
  })
}

function requestOf(body: MessagesRequest, exchange: Exchange): Request {
  exchange.outcome.model = body.model
  const schema = body.output_config?.format?.schema
  return {
    ...plainRequest,
    id: exchange.id,
    model: body.model,
    input: { kind: 'chat', messages: conversationOf(body) },
    sampling: {
      ...plainSampling,
      temperature: body.temperature ?? plainSampling.temperature,
      topP: body.top_p ?? plainSampling.topP,
      topK: body.top_k ?? plainSampling.topK,
      seed: randomInt(4_294_967_296),
    },
    choices: 1,
    maxTokens: body.max_tokens,
    stop: body.stop_sequences ?? [],
    ignoreEos: false,
    topLogprobs: null,
    toolUse: nullWithoutTools(toolUseOf(body)),
    format: schema === undefined ? { kind: 'text' } : { kind: 'json-schema', schema },
    reasoning: reasoningOf(body),
    deadline: exchange.deadline,
    signal: exchange.left,
  }
}

/** How the model shall think, by `thinking`; the budget is in tokens. */
export function reasoningOf({ thinking }: Pick<Prompt, 'thinking'>): Reasoning {
  switch (thinking?.type) {
    case undefined:
    case 'adaptive':
      return { mode: 'default', budget: null }
    case 'disabled':
      return { mode: 'off', budget: null }
    case 'enabled':
      return { mode: 'on', budget: thinking.budget_tokens }
    default:
      return thinking satisfies never
  }
}
