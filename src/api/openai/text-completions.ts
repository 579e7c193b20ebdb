import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import { envelopeOf, requestOf, type Generating } from './generating.ts'
import { respond } from './respond.ts'
import { textCompletion, textRequest } from './text-schema.ts'
import { textWire } from './text-wire.ts'

/** OpenAI's own default, kept so that the same call costs the same here. */
const defaultMaxTokens = 16

export function textCompletions(generating: Generating): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/completions',
    summary: 'Continue a text',
    needsKey: true,
    body: textRequest,
    answers: {
      200: { description: 'The text, whole or as events.', schema: textCompletion, events: textCompletion },
      400: { description: 'The request is wrong; `param` names the field.', schema: errorBody },
      401: { description: 'No valid key.', schema: errorBody },
      404: { description: 'The model is not served here.', schema: errorBody },
      503: { description: 'Too busy, or not ready yet; see Retry-After.', schema: errorBody },
    },
    async handle({ body, exchange, reply }) {
      const request = requestOf(
        exchange,
        body,
        {
          input: { kind: 'text', text: typeof body.prompt === 'string' ? body.prompt : body.prompt[0] },
          maxTokens: body.max_tokens ?? defaultMaxTokens,
          topLogprobs: body.logprobs ?? null,
        },
        generating.mostChoices,
      )
      const { choices } = request
      return await respond({
        parts: generating.answer(request, exchange.credentials),
        wire: textWire(
          envelopeOf('cmpl', request, generating),
          choices,
          body.stream_options?.include_usage === true,
        ),
        exchange,
        reply,
        choices,
        stream: body.stream === true,
        promptField: 'prompt',
      })
    },
  })
}
