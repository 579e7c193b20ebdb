import type { FinishReason, Part, TokenLogprob, Usage } from '../core/part.ts'
import type { ToolCall } from '../core/request.ts'
import { elpisError } from '../errors.ts'

/** A whole answer: what a stream of parts adds up to. */
export interface Answer {
  readonly choices: readonly AnswerChoice[]
  readonly usage: Usage
}

export interface AnswerChoice {
  readonly text: string
  /** What it thought before; empty when it did not. */
  readonly reasoning: string
  readonly toolCalls: readonly ToolCall[]
  readonly reason: FinishReason
  /** The stop string that was met. */
  readonly stopString: string | null
  /** Null when none were asked for. */
  readonly logprobs: readonly TokenLogprob[] | null
}

/**
 * Adds a stream up to the answer that a client gets who did not ask for a stream.
 *
 * @throws the error of an `error` part.
 */
export async function fold(parts: AsyncIterable<Part>, choices: number): Promise<Answer> {
  const drafts = Array.from({ length: choices }, () => ({
    texts: [] as string[],
    thoughts: [] as string[],
    calls: [] as { id: string; name: string; pieces: string[] }[],
    stopString: null as string | null,
    logprobs: [] as TokenLogprob[],
    withLogprobs: false,
    reason: null as FinishReason | null,
  }))
  let usage: Usage | null = null
  for await (const part of parts) {
    switch (part.type) {
      case 'loading':
      case 'start':
        break
      case 'text-delta': {
        const draft = drafts[part.choice]
        draft?.texts.push(part.text)
        if (draft !== undefined && part.logprobs !== null) {
          draft.withLogprobs = true
          draft.logprobs.push(...part.logprobs)
        }
        break
      }
      case 'reasoning-delta':
        drafts[part.choice]?.thoughts.push(part.text)
        break
      case 'tool-call-start': {
        const { call, id, name } = part
        const calls = drafts[part.choice]?.calls
        if (calls !== undefined) calls[call] = { id, name, pieces: [] }
        break
      }
      case 'tool-call-delta':
        drafts[part.choice]?.calls[part.call]?.pieces.push(part.arguments)
        break
      case 'finish': {
        const draft = drafts[part.choice]
        if (draft !== undefined) {
          draft.reason = part.reason
          draft.stopString = part.stopString ?? null
        }
        break
      }
      case 'usage':
        ;({ usage } = part)
        break
      case 'error':
        throw part.error
      default:
        part satisfies never
    }
  }
  if (usage === null) throw elpisError('engine_failed', { reason: 'its answer broke off' })
  return {
    usage,
    choices: drafts.map(({ texts, thoughts, calls, logprobs, withLogprobs, reason, stopString }) => {
      if (reason === null) throw elpisError('engine_failed', { reason: 'an answer has no end' })
      return {
        text: texts.join(''),
        reasoning: thoughts.join(''),
        toolCalls: calls.map(({ id, name, pieces }) => ({ id, name, arguments: pieces.join('') })),
        reason,
        stopString,
        logprobs: withLogprobs ? logprobs : null,
      }
    }),
  }
}
