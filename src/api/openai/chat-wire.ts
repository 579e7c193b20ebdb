import type { z } from 'zod'
import type { TokenLogprob, Usage } from '../../core/part.ts'
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
  return {
    whole: (answer): z.infer<typeof chatCompletion> => ({
      ...envelope,
      object: 'chat.completion',
      choices: answer.choices.map(({ text, reason, logprobs }, index) => ({
        index,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: logprobsOf(logprobs),
        finish_reason: finishReasonOf(reason),
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
        case 'tool-call-start':
        case 'tool-call-delta':
          return []
        case 'finish':
          return [
            chunk([
              {
                index: part.choice,
                delta: {},
                logprobs: null,
                finish_reason: finishReasonOf(part.reason),
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

function logprobsOf(logprobs: readonly TokenLogprob[] | null): z.infer<typeof chatLogprobs> | null {
  if (logprobs === null) return null
  return {
    content: logprobs.map((chosen) => ({ ...entryOf(chosen), top_logprobs: chosen.top.map(entryOf) })),
    refusal: null,
  }
}

function entryOf({ bytes, logprob }: Pick<TokenLogprob, 'bytes' | 'logprob'>) {
  return { token: tokenText({ bytes }), bytes: [...bytes], logprob: finiteLogprob(logprob) }
}
