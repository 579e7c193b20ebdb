import { z } from 'zod'
import type { ToolUse } from '../../core/request.ts'
import type { Generating } from '../openai/generating.ts'
import { defineRoute, type Route } from '../route.ts'
import {
  checkToolUse,
  functionType,
  nullWithoutTools,
  toolDescription,
  toolList,
  toolName,
  toolParameters,
} from '../tool-use.ts'
import { chatAnswer } from './answer-schema.ts'
import { answered } from './answered.ts'
import { conversationOf, message } from './conversation.ts'
import { errorAnswers, ollamaErrors } from './errors.ts'
import { checkLogprobs, generatingFields, requestOf } from './fields.ts'
import { begun, type Said } from './line-wire.ts'
import { servedModel } from './served-model.ts'

const tool = z.strictObject({
  type: functionType,
  function: z.strictObject({
    name: toolName,
    description: toolDescription,
    parameters: toolParameters.nullish().describe('JSON Schema of the arguments.'),
  }),
})

/** The body of `POST /api/chat`. */
const chatRequest = z
  .strictObject({
    ...generatingFields,
    messages: z
      .array(message)
      .nullish()
      .describe('Without any, nothing is answered but that the model is there.'),
    tools: toolList(tool),
  })
  .superRefine((body, context) => {
    checkLogprobs(body, context)
    checkToolUse(toolUseOf(body.tools), context)
  })

/** Ollama's chat route: lines of JSON, or one answer where `stream` is false. */
export function chat(generating: Generating): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/chat',
    summary: 'Answer a conversation, as Ollama has it',
    needs: 'answers',
    body: chatRequest,
    errors: ollamaErrors,
    answers: {
      200: { description: 'The answer, as lines or whole.', schema: chatAnswer, lines: chatAnswer },
      ...errorAnswers,
    },
    async handle({ body, exchange, reply }) {
      const { model, messages, tools } = body
      if (messages == null || messages.length === 0) {
        servedModel(model, generating)
        return {
          ...begun(model, generating.now),
          ...asMessage({ content: '' }),
          done: true,
          done_reason: 'load',
        }
      }
      const request = {
        ...requestOf(body, exchange, generating),
        input: { kind: 'chat', messages: conversationOf(messages) } as const,
        toolUse: nullWithoutTools(toolUseOf(tools)),
      }
      const how = { exchange, reply, stream: body.stream !== false, promptField: 'messages', said: asMessage }
      return await answered(request, generating, how)
    },
  })
}

function asMessage(said: Said): object {
  return { message: { role: 'assistant', ...said } }
}

function toolUseOf(tools: readonly z.output<typeof tool>[] | null | undefined): ToolUse {
  return {
    tools: (tools ?? []).map(({ function: { name, description, parameters } }) => ({
      name,
      description: description ?? null,
      parameters: parameters ?? null,
      strict: false,
    })),
    choice: 'auto',
    parallel: true,
  }
}
