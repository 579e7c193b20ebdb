import { z } from 'zod'
import type { Input } from '../../core/request.ts'
import type { Generating } from '../openai/generating.ts'
import { text } from '../openai/fields.ts'
import { neutralOnly } from '../parse.ts'
import { defineRoute, type Route } from '../route.ts'
import { generateAnswer } from './answer-schema.ts'
import { answered } from './answered.ts'
import { errorAnswers, ollamaErrors } from './errors.ts'
import { checkLogprobs, generatingFields, requestOf } from './fields.ts'
import { begun, type Said } from './line-wire.ts'
import { servedModel } from './served-model.ts'

/** The body of `POST /api/generate`. */
const generateRequest = z
  .strictObject({
    ...generatingFields,
    prompt: text.nullish().describe('Without one, nothing is answered but that the model is there.'),
    system: text.nullish().describe('The system prompt.'),
    raw: z
      .boolean()
      .nullish()
      .describe('The prompt is continued as it stands, without the template of the model.'),
    suffix: neutralOnly(z.literal(''), 'text cannot be filled in before a suffix'),
    template: neutralOnly(z.literal(''), 'the template is that of the model; or send "raw": true'),
    context: neutralOnly(z.array(z.never()).max(0), 'the conversation is sent as text: use /api/chat'),
    images: neutralOnly(z.array(z.never()).max(0), 'images cannot be read here'),
    width: neutralOnly(z.literal(0), 'images cannot be made here'),
    height: neutralOnly(z.literal(0), 'images cannot be made here'),
    steps: neutralOnly(z.literal(0), 'images cannot be made here'),
  })
  .superRefine((body, context) => {
    checkLogprobs(body, context)
    if (body.raw === true && body.system != null && body.system !== '')
      context.addIssue({ code: 'custom', path: ['system'], message: 'cannot stand beside "raw": true' })
  })

type GenerateRequest = z.output<typeof generateRequest>

/** Ollama's route for one prompt: lines of JSON, or one answer where `stream` is false. */
export function generate(generating: Generating): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/generate',
    summary: 'Answer one prompt, as Ollama has it',
    needs: 'answers',
    body: generateRequest,
    errors: ollamaErrors,
    answers: {
      200: { description: 'The answer, as lines or whole.', schema: generateAnswer, lines: generateAnswer },
      ...errorAnswers,
    },
    async handle({ body, exchange, reply }) {
      const { model, prompt } = body
      if (prompt == null || prompt === '') {
        servedModel(model, generating)
        return { ...begun(model, generating.now), response: '', done: true, done_reason: 'load' }
      }
      const request = {
        ...requestOf(body, exchange, generating),
        input: inputOf(prompt, body),
        toolUse: null,
      }
      const how = { exchange, reply, stream: body.stream !== false, promptField: 'prompt', said: asResponse }
      return await answered(request, generating, how)
    },
  })
}

function inputOf(prompt: string, { raw, system }: Pick<GenerateRequest, 'raw' | 'system'>): Input {
  if (raw === true) return { kind: 'text', text: prompt }
  const question = { role: 'user', content: prompt } as const
  return system == null || system === ''
    ? { kind: 'chat', messages: [question] }
    : { kind: 'chat', messages: [{ role: 'system', content: system }, question] }
}

function asResponse({ content, thinking }: Said): object {
  return { response: content, ...(thinking === undefined ? {} : { thinking }) }
}
