import { modelRefusals } from '../error-body.ts'
import type { z } from 'zod'
import { briefly } from '../briefly.ts'
import type { Generating } from '../openai/generating.ts'
import { defineRoute, type Route } from '../route.ts'
import { nullWithoutTools } from '../tool-use.ts'
import { conversationOf } from './conversation.ts'
import { anthropicError, anthropicErrors, requestIdHeader } from './errors.ts'
import { reasoningOf } from './messages.ts'
import { countRequest, tokenCount } from './messages-schema.ts'
import { toolUseOf } from './tools.ts'

/** How many tokens the prompt of a message would have; nothing is computed. */
export function countTokens({ brief }: Pick<Generating, 'brief'>): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/messages/count_tokens',
    summary: 'Count the tokens of a conversation, as Anthropic has it',
    needs: 'tokenize',
    body: countRequest,
    errors: anthropicErrors,
    answers: {
      200: { description: 'Tokens that the model would be given, template included.', schema: tokenCount },
      ...modelRefusals(anthropicError),
    },
    async handle({ body, exchange, reply }): Promise<z.infer<typeof tokenCount>> {
      reply.headers(requestIdHeader(exchange.id))
      const { model } = body
      const { tokens } = await briefly(
        { exchange, model, field: 'messages' },
        () =>
          brief.tokenize(
            {
              id: exchange.id,
              model,
              signal: exchange.left,
              input: { kind: 'chat', messages: conversationOf(body) },
              // A budget is nothing that the template is told of.
              outlook: {
                toolUse: nullWithoutTools(toolUseOf(body)),
                reasoning: { ...reasoningOf(body), budget: null },
              },
            },
            exchange.credentials,
          ),
        (result) => result.tokens.length,
      )
      return { input_tokens: tokens.length }
    },
  })
}
