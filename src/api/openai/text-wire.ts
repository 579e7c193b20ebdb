import type { z } from 'zod'
import type { TokenLogprob, Usage } from '../../core/part.ts'
import type { textCompletion, textLogprobs } from './text-schema.ts'
import { finishReasonOf, finiteLogprob, tokenText, usageOf, type Envelope, type Wire } from './wire.ts'

type Completion = z.infer<typeof textCompletion>

interface TextWireOptions {
  readonly choices: number
  readonly includeUsage: boolean
  /** What stands in front of each choice; null when nothing does. */
  readonly echoes: readonly string[] | null
}

/** OpenAI's `text_completion`, whole and as events. */
export function textWire(envelope: Envelope, { choices, includeUsage, echoes }: TextWireOptions): Wire {
  /** Characters written so far, per choice: tokens of later events begin there. */
  const offsets = Array.from({ length: choices }, () => 0)
  const event = (content: Completion['choices'], usage?: Usage): Completion => ({
    ...envelope,
    object: 'text_completion',
    choices: content,
    ...(includeUsage ? { usage: usage === undefined ? null : usageOf(usage) } : {}),
  })
  return {
    whole: (answer): Completion => ({
      ...envelope,
      object: 'text_completion',
      choices: answer.choices.map(({ text, reason, logprobs }, index) => ({
        index,
        text: (echoes?.[index] ?? '') + text,
        logprobs: logprobsOf(logprobs, 0).logprobs,
        finish_reason: finishReasonOf(reason),
      })),
      usage: usageOf(answer.usage),
    }),
    events(part) {
      switch (part.type) {
        case 'start':
          return (echoes ?? []).map((text, index) =>
            event([{ index, text, logprobs: null, finish_reason: null }]),
          )
        case 'text-delta': {
          if (part.text === '' && part.logprobs === null) return []
          const { logprobs, end } = logprobsOf(part.logprobs, offsets[part.choice] ?? 0)
          offsets[part.choice] = end
          return [event([{ index: part.choice, text: part.text, logprobs, finish_reason: null }])]
        }
        case 'reasoning-delta':
        case 'tool-call-start':
        case 'tool-call-delta':
          return []
        case 'finish':
          return [
            event([
              { index: part.choice, text: '', logprobs: null, finish_reason: finishReasonOf(part.reason) },
            ]),
          ]
        case 'usage':
          return includeUsage ? [event([], part.usage)] : []
        default:
          return part satisfies never
      }
    },
  }
}

function logprobsOf(
  logprobs: readonly TokenLogprob[] | null,
  start: number,
): { logprobs: z.infer<typeof textLogprobs> | null; end: number } {
  if (logprobs === null) return { logprobs: null, end: start }
  let end = start
  const shape: z.infer<typeof textLogprobs> = {
    tokens: [],
    token_logprobs: [],
    top_logprobs: [],
    text_offset: [],
  }
  for (const chosen of logprobs) {
    shape.tokens.push(tokenText(chosen, 'bytes:'))
    shape.token_logprobs.push(finiteLogprob(chosen.logprob))
    shape.top_logprobs.push(
      Object.fromEntries(
        chosen.top.map((other) => [tokenText(other, 'bytes:'), finiteLogprob(other.logprob)]),
      ),
    )
    shape.text_offset.push(end)
    end += characters(chosen.bytes)
  }
  return { logprobs: shape, end }
}

/** Code points that begin in these bytes, so that offsets index the text as Python's clients count it. */
function characters(bytes: readonly number[]): number {
  return bytes.reduce((count, byte) => count + ((byte & 0xc0) === 0x80 ? 0 : 1), 0)
}
