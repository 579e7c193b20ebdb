/** What answers will probably say next, to be computed in the same step as their last token. */
import { PromptLookup } from './prompt-lookup.ts'
import type { DraftMode } from '../protocol.ts'
import type { Pace } from './step-pace.ts'
import type { Answer } from './task.ts'

/** With more answers in a step the machine has enough to do, and one more token costs what it brings. */
const mostAnswers = 4

/** What a drafted token costs where it is not asked for. */
const littleCost = 0.05

/** What one drafted token costs in a step of so many answers, in tokens that could be had for it; null forbids drafts. */
export function draftCost(mode: DraftMode, pace: Pace, answers: number): number | null {
  if (mode === 'never' || answers > mostAnswers) return null
  return mode === 'always' ? littleCost : pace.costOfToken(answers)
}

/**
 * A draft for each of the answers, most of them empty.
 *
 * @param cost see `draftCost`.
 * @param room tokens that the step and the cache can take, besides one of each answer.
 */
export function draftsFor(
  answers: readonly Answer[],
  cost: number | null,
  room: number,
): (readonly number[])[] {
  let left = room
  return answers.map((answer) => {
    const { task, output, recorded } = answer
    if (recorded !== null) {
      // The last token is what the others are followed by: it has no logits of use.
      const known = recorded.after(output.length, Math.min(left, task.limit - output.length - 1))
      left -= known.length
      return known
    }
    if (cost === null || left <= 0) return []
    answer.lookup ??= new PromptLookup(answer.tokens())
    const draft = answer.lookup.draft(cost, Math.min(left, task.limit - output.length - 1))
    left -= draft.length
    return draft
  })
}
