/** One more token of an answer: chosen, told, and looked at for the end. */
import type { FinishReason } from '../../core/part.ts'
import { GrammarTooAmbiguous } from './grammar-states.ts'
import { GrammarTooLarge } from './grammar-network.ts'
import { tokenLogprob } from './logprobs.ts'
import type { Outbox } from './outbox.ts'
import type { Answer } from './task.ts'
import type { VocabularyToken } from './vocabulary.ts'

/** `null`: the answer goes on. `impossible`: the logits leave no choice. `unreadable`: its grammar is too much to follow. */
export type Advance = Extract<FinishReason, 'stop' | 'length'> | 'impossible' | 'unreadable' | null

/** Chooses the next token of an answer from its logits; its text goes into the outbox. */
export function advance(
  answer: Answer,
  logits: Float32Array,
  outbox: Outbox,
  token: (token: number) => VocabularyToken,
): Advance {
  const { task, output, text } = answer
  const { job } = task
  const chosen = answer.recorded === null ? choose(answer, logits, token) : recall(answer, logits, token)
  if (typeof chosen !== 'number') return chosen
  output.push(chosen)
  answer.sampler.accept(chosen)
  answer.lookup?.accept(chosen)
  task.outputTokens++
  const known = task.marks.spelled.get(chosen) ?? token(chosen)
  answer.thought?.accept(known.text ?? '')
  const ends = known.ends && (answer.guide !== null || !job.ignoreEos)
  if (answer.recorded !== null) {
    const last = output.length >= task.limit
    // What ended it is no part of its text.
    if (!ends || !last) outbox.text(answer, text.push(known, null))
    if (!last) return null
    outbox.text(answer, text.finish())
    return 'length'
  }
  if (ends) {
    outbox.text(answer, text.finish())
    return 'stop'
  }
  const logprob =
    job.topLogprobs === null
      ? null
      : tokenLogprob(logits, chosen, job.topLogprobs, (other) => token(other).bytes)
  outbox.text(answer, text.push(known, logprob))
  if (text.stopped) return 'stop'
  if (answer.guide?.finished === true) {
    outbox.text(answer, text.finish())
    return 'stop'
  }
  if (output.length < task.limit) return null
  outbox.text(answer, text.finish())
  return text.stopped ? 'stop' : 'length'
}

/** The next token of a recorded answer; what would be chosen now only tells how far it is from that. */
function recall(
  answer: Answer,
  logits: Float32Array,
  token: (token: number) => VocabularyToken,
): number | 'impossible' | 'unreadable' {
  const { thought, sampler, guide, output } = answer
  const recorded = answer.recorded!
  const next = recorded.tokens[recorded.margins.length]!
  if (next >= logits.length) return 'impossible'
  let margin = Number.POSITIVE_INFINITY
  try {
    const forced = thought?.forced ?? null
    const chosen = forced ?? sampler.choose(logits, output.length, guide)
    if (chosen === next) margin = 0
    else if (chosen >= 0 && forced === null && (guide === null || guide.allows(next))) {
      margin = sampler.margin(logits, output.length, chosen, next)
    }
    if (guide !== null && !(token(next).ends && guide.complete)) guide.accept(next)
  } catch (error) {
    if (error instanceof GrammarTooAmbiguous || error instanceof GrammarTooLarge) return 'unreadable'
    throw error
  }
  return recorded.take(margin)
}

/** The next token, inside the grammar when there is one. */
function choose(
  { thought, sampler, guide, output }: Answer,
  logits: Float32Array,
  token: (token: number) => VocabularyToken,
): number | 'impossible' | 'unreadable' {
  try {
    const chosen = thought?.forced ?? sampler.choose(logits, output.length, guide)
    if (chosen < 0) return 'impossible'
    if (guide === null || (token(chosen).ends && guide.complete)) return chosen
    return guide.accept(chosen) ? chosen : 'impossible'
  } catch (error) {
    if (error instanceof GrammarTooAmbiguous || error instanceof GrammarTooLarge) return 'unreadable'
    throw error
  }
}
