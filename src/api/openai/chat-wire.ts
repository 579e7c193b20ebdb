import type { z } from 'zod'
import type { FinishReason, TokenLogprob, Usage } from '../../core/part.ts'
import type { ToolCall } from '../../core/request.ts'
import type { chatChunk, chatCompletion, chatLogprobs } from './chat-schema.ts'
import { finishReasonOf, finiteLogprob, tokenText, usageOf, type Envelope, type Wire } from './wire.ts'

type Chunk = z.infer<typeof chatChunk>

/** OpenAI's `chat.completion` and `chat.completion.chunk`. */
export function chatWire(envelope: Envelope, choices: number, includeUsage: boolean): Wire {
  const chunk = (content: Chunk['choices'], usage?: Usage): Chunk => ({
    ...envelope,
    object: 'chat.completion.chunk',
    choices: content,
    ...(includeUsage ? { usage: usage === undefined ? null : usageOf(usage) } : {}),
  })
  const delta = (index: number, more: Chunk['choices'][number]['delta']) =>
    chunk([{ index, delta: more, logprobs: null, finish_reason: null }])
  return {
    whole: (answer): z.infer<typeof chatCompletion> => ({
      ...envelope,
      object: 'chat.completion',
      choices: answer.choices.map(({ text, reasoning, toolCalls, reason, logprobs }, index) => ({
        index,
        message: {
          role: 'assistant',
          content: text === '' && toolCalls.length > 0 ? null : text,
          ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
          ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toolCallOf) }),
          refusal: null,
        },
        logprobs: logprobsOf(logprobs),
        finish_reason: chatReasonOf(reason),
      })),
      usage: usageOf(answer.usage),
    }),
    events(part) {
      switch (part.type) {
        case 'start':
          return Array.from({ length: choices }, (_, index) =>
            chunk([
              {
                index,
                delta: { role: 'assistant', content: '', refusal: null },
                logprobs: null,
                finish_reason: null,
              },
            ]),
          )
        case 'text-delta':
          if (part.text === '' && part.logprobs === null) return []
          return [
            chunk([
              {
                index: part.choice,
                delta: { content: part.text },
                logprobs: logprobsOf(part.logprobs),
                finish_reason: null,
              },
            ]),
          ]
        case 'reasoning-delta':
          return part.text === '' ? [] : [delta(part.choice, { reasoning_content: part.text })]
        case 'tool-call-start': {
          const { choice, call: index, id, name } = part
          return [
            delta(choice, {
              tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }],
            }),
          ]
        }
        case 'tool-call-delta': {
          const { choice, call: index, arguments: text } = part
          return text === ''
            ? []
            : [delta(choice, { tool_calls: [{ index, function: { arguments: text } }] })]
        }
        case 'finish':
          return [
            chunk([
              {
                index: part.choice,
                delta: {},
                logprobs: null,
                finish_reason: chatReasonOf(part.reason),
              },
            ]),
          ]
        case 'usage':
          return includeUsage ? [chunk([], part.usage)] : []
        default:
          return part satisfies never
      }
    },
  }
}

function chatReasonOf(reason: FinishReason) {
  return reason === 'tool_calls' ? reason : finishReasonOf(reason)
}

function toolCallOf({ id, name, arguments: text }: ToolCall) {
  return { id, type: 'function' as const, function: { name, arguments: text } }
}

/** Probabilities of tokens as chat answers show them; null when none were asked for. */
export function logprobsOf(logprobs: readonly TokenLogprob[] | null): z.infer<typeof chatLogprobs> | null {
  if (logprobs === null) return null
  return {
    content: logprobs.map((chosen) => ({ ...entryOf(chosen), top_logprobs: chosen.top.map(entryOf) })),
    refusal: null,
  }
}

function entryOf({ bytes, logprob }: Pick<TokenLogprob, 'bytes' | 'logprob'>) {
  return { token: tokenText({ bytes }), bytes: [...bytes], logprob: finiteLogprob(logprob) }
}
