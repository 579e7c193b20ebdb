import type { FinishReason, Part, TokenLogprob, Usage } from '../core/part.ts'
import { elpisError } from '../errors.ts'

/** A whole answer: what a stream of parts adds up to. */
export interface Answer {
  readonly choices: readonly AnswerChoice[]
  readonly usage: Usage
}

export interface AnswerChoice {
  readonly text: string
  readonly reason: FinishReason
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
    logprobs: [] as TokenLogprob[],
    withLogprobs: false,
    reason: null as FinishReason | null,
  }))
  let usage: Usage | null = null
  for await (const part of parts) {
    switch (part.type) {
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
      case 'finish': {
        const draft = drafts[part.choice]
        if (draft !== undefined) draft.reason = part.reason
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
    choices: drafts.map(({ texts, logprobs, withLogprobs, reason }) => {
      if (reason === null) throw elpisError('engine_failed', { reason: 'an answer has no end' })
      return { text: texts.join(''), reason, logprobs: withLogprobs ? logprobs : null }
    }),
  }
}
