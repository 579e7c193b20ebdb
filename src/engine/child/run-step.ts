/** Computes one step: the next tokens of answers, what they may say after it, and parts of prompts. */
import type { Decoder, StepResult } from './decoder.ts'
import type { Draft } from './drafts.ts'
import type { SequenceCache } from './sequence-cache.ts'
import { addShare, type PrefillShare } from './step-plan.ts'
import { type Answer, doneOf } from './task.ts'

export interface StepWork {
  readonly answers: readonly Answer[]
  /** One for each answer, or none at all. */
  readonly drafts: readonly Draft[]
  readonly shares: readonly PrefillShare[]
}

/** Tokens besides the last one of each answer. */
export function otherTokens({ drafts, shares }: StepWork): number {
  const drafted = drafts.reduce((sum, { tokens }) => sum + tokens.length, 0)
  return shares.reduce((sum, { count }) => sum + count, drafted)
}

/**
 * Rows of logits come in this order: of every answer its last token and its draft, then of every prompt that is whole
 * with this step. Nothing has changed unless it is `done`.
 */
export function runStep(decoder: Decoder, cache: SequenceCache, work: StepWork): StepResult {
  const { answers, shares } = work
  const tokens = answers.map(({ output }, index) => [output.at(-1)!, ...(work.drafts[index]?.tokens ?? [])])
  cache.reserve(answers.length + otherTokens(work))
  for (const [index, { sequence }] of answers.entries())
    for (const [more, token] of tokens[index]!.entries())
      decoder.add(token, sequence.length + more, sequence.number, true)
  for (const share of shares) addShare(decoder, share)
  const result = decoder.run()
  if (result !== 'done') return result
  for (const [index, { sequence }] of answers.entries()) cache.grow(sequence, tokens[index]!)
  for (const { prefill, count } of shares) {
    const done = doneOf(prefill)
    cache.grow(prefill.sequence!, prefill.tokens.subarray(done, done + count))
  }
  return result
}
