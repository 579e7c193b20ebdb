import { sideBySide } from '../../pipeline/side-by-side.ts'
import { modelRefusals } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import { envelopeOf, requestOf, type Generating } from './generating.ts'
import { respond } from './respond.ts'
import { promptsOf, textCompletion, textRequest } from './text-schema.ts'
import { textWire } from './text-wire.ts'

/** OpenAI's own default, kept so that the same call costs the same here. */
const defaultMaxTokens = 16
/** Prompts of one request that stand in the engine's line together. */
const mostAtOnce = 8

/** OpenAI's older route for texts: up to 8 prompts of one request wait in the engine's line at once. */
export function textCompletions(generating: Generating): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/completions',
    summary: 'Continue a text',
    needs: 'answers',
    body: textRequest,
    answers: {
      200: { description: 'The text, whole or as events.', schema: textCompletion, events: textCompletion },
      ...modelRefusals(),
    },
    async handle({ body, exchange, reply }) {
      const rest = new AbortController()
      const prompts = promptsOf(body.prompt)
      const requests = prompts.map((input) => ({
        ...requestOf(
          exchange,
          body,
          { input, maxTokens: body.max_tokens ?? defaultMaxTokens, topLogprobs: body.logprobs ?? null },
          generating.mostChoices,
        ),
        ...(prompts.length === 1 ? {} : { signal: AbortSignal.any([exchange.left, rest.signal]) }),
      }))
      const [first] = requests
      if (first === undefined) throw new Error('The schema lets no empty list pass.')
      const choices = requests.length * first.choices
      const answers = requests.map((request) => () => generating.answer(request, exchange.credentials))
      const together = { choices: first.choices, atOnce: mostAtOnce, abort: () => rest.abort() }
      return await respond({
        parts: answers.length === 1 ? answers[0]!() : sideBySide(answers, together),
        wire: textWire(envelopeOf('cmpl', first, generating), {
          choices,
          includeUsage: body.stream_options?.include_usage === true,
          echoes:
            body.echo === true
              ? prompts.flatMap((prompt) => Array<string>(first.choices).fill(textOf(prompt)))
              : null,
        }),
        exchange,
        reply,
        choices,
        stream: body.stream === true,
        promptField: 'prompt',
      })
    },
  })
}

function textOf(prompt: ReturnType<typeof promptsOf>[number]): string {
  return prompt.kind === 'text' ? prompt.text : ''
}
