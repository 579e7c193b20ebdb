/** One more token of an answer: chosen, told, and looked at for the end. */
import type { FinishReason } from '../../core/part.ts'
import { tokenLogprob } from './logprobs.ts'
import type { Outbox } from './outbox.ts'
import type { Answer } from './task.ts'
import type { VocabularyToken } from './vocabulary.ts'

/** `null`: the answer goes on. `impossible`: the logits leave no choice. */
export type Advance = Extract<FinishReason, 'stop' | 'length'> | 'impossible' | null

/** Chooses the next token of an answer from its logits; its text goes into the outbox. */
export function advance(
  answer: Answer,
  logits: Float32Array,
  outbox: Outbox,
  token: (token: number) => VocabularyToken,
): Advance {
  const { task, output, text } = answer
  const { job } = task
  const chosen = answer.sampler.choose(logits, output.length)
  if (chosen < 0) return 'impossible'
  output.push(chosen)
  answer.sampler.accept(chosen)
  answer.lookup?.accept(chosen)
  task.outputTokens++
  const known = token(chosen)
  if (known.ends && !job.ignoreEos) {
    outbox.text(answer, text.finish())
    return 'stop'
  }
  const logprob =
    job.topLogprobs === null
      ? null
      : tokenLogprob(logits, chosen, job.topLogprobs, (other) => token(other).bytes)
  outbox.text(answer, text.push(known, logprob))
  if (text.stopped) return 'stop'
  if (output.length < task.limit) return null
  outbox.text(answer, text.finish())
  return text.stopped ? 'stop' : 'length'
}
