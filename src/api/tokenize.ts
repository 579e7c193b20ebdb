import { z } from 'zod'
import type { Input } from '../core/request.ts'
import { briefly } from './briefly.ts'
import { modelRefusals } from './error-body.ts'
import { messageOf } from './openai/chat-completions.ts'
import { thinkingOf, toolFields, toolUseOf } from './openai/chat-tools.ts'
import { message } from './openai/chat-schema.ts'
import { text } from './openai/fields.ts'
import type { Generating } from './openai/generating.ts'
import { neutralOnly } from './parse.ts'
import { defineRoute, type Route } from './route.ts'
import { checkToolUse, nullWithoutTools } from './tool-use.ts'

const asGiven = 'tokens are those that the model would be given'

/** The body of `POST /v1/tokenize`, as vLLM has it. */
const tokenizeRequest = z
  .strictObject({
    model: z.string().min(1).max(500).describe('A model of GET /v1/models.'),
    prompt: text.nullish().describe('A text, continued as it stands; or `messages`.'),
    messages: z
      .array(message)
      .min(1)
      .nullish()
      .describe('A conversation, rendered with the template of the model; or `prompt`.'),
    add_special_tokens: neutralOnly(z.literal(true), asGiven),
    add_generation_prompt: neutralOnly(z.literal(true), asGiven),
    continue_final_message: neutralOnly(z.literal(false), asGiven),
    tools: toolFields.tools.describe('Functions that the template is told of, as in /v1/chat/completions.'),
    chat_template_kwargs: toolFields.chat_template_kwargs,
    return_token_strs: neutralOnly(z.literal(false), 'tokens are numbers only'),
  })
  .refine((body) => (body.prompt == null) !== (body.messages == null), {
    error: 'needs either "prompt" or "messages"',
  })
  .superRefine((body, context) => checkToolUse(toolUseOf(body), context))

const tokenized = z.object({
  count: z.int(),
  max_model_len: z.int().describe('Tokens that prompt and answer may have together.'),
  tokens: z.array(z.int()),
  token_strs: z.null(),
})

/** How many tokens a request would have, and which; nothing is computed. */
export function tokenize({ brief }: Pick<Generating, 'brief'>): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tokenize',
    summary: 'Turn a prompt into the tokens that the model would be given',
    needs: 'tokenize',
    body: tokenizeRequest,
    answers: {
      200: { description: 'The tokens, with what the model adds around a prompt.', schema: tokenized },
      ...modelRefusals(),
    },
    async handle({ body, exchange }): Promise<z.infer<typeof tokenized>> {
      const { model, prompt, messages } = body
      const input: Input =
        prompt == null
          ? { kind: 'chat', messages: (messages ?? []).map(messageOf) }
          : { kind: 'text', text: prompt }
      const { tokens, contextTokens } = await briefly(
        { exchange, model, field: input.kind === 'chat' ? 'messages' : 'prompt' },
        () =>
          brief.tokenize(
            {
              id: exchange.id,
              model,
              signal: exchange.left,
              input,
              outlook: { toolUse: nullWithoutTools(toolUseOf(body)), reasoning: thinkingOf(body) },
            },
            exchange.credentials,
          ),
        (result) => result.tokens.length,
      )
      return { count: tokens.length, max_model_len: contextTokens, tokens: [...tokens], token_strs: null }
    },
  })
}
