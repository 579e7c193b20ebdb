/** What answers will probably say next, to be computed in the same step as their last token. */
import { PromptLookup } from './prompt-lookup.ts'
import type { DraftMode } from '../protocol.ts'
import type { DraftModel } from './draft-model.ts'
import type { Pace } from './step-pace.ts'
import type { Answer } from './task.ts'

/** With more answers in a step the machine has enough to do, and one more token costs what it brings. */
export const mostDrafting = 4

/** What a drafted token costs where it is not asked for. */
const littleCost = 0.05

export interface Draft {
  readonly tokens: readonly number[]
  /** Told how many of them were right; left out where nothing is to be learnt. */
  readonly learn?: (right: number) => void
}

const noDraft: Draft = { tokens: [] }

/** What one drafted token costs in a step of so many answers, in tokens that could be had for it; null forbids drafts. */
export interface DraftCost {
  readonly lookup: number | null
  /** With what the draft model takes for it. */
  readonly model: number | null
}

/**
 * The cost of one drafted token by each way of drafting; null where that way may not draft: mode `never`, more than
 * `mostDrafting` answers, or, by measurement, nothing measured yet.
 */
export function draftCost(
  mode: DraftMode,
  pace: Pace,
  answers: number,
  model: DraftModel | null = null,
): DraftCost {
  if (mode === 'never' || answers > mostDrafting) return { lookup: null, model: null }
  if (mode === 'always') return { lookup: littleCost, model: model === null ? null : littleCost }
  const lookup = pace.costOfToken(answers)
  if (lookup === null || model === null) return { lookup, model: null }
  const own = model.milliseconds === null ? model.ratio : pace.costOf(model.milliseconds, answers)
  return { lookup, model: own === null ? null : lookup + own }
}

/**
 * A draft for each of the answers, most of them empty: from where the same was said before, which costs nothing to know,
 * else from the draft model.
 *
 * @param room tokens that the step and the cache can take, besides one of each answer.
 */
export function draftsFor(
  answers: readonly Answer[],
  cost: DraftCost,
  room: number,
  model: DraftModel | null = null,
): Draft[] {
  let left = room
  const drafts = answers.map((answer) => {
    const draft = known(answer, cost.lookup, mostOf(answer, left))
    left -= draft.tokens.length
    return draft
  })
  if (model === null || cost.model === null) return drafts
  const wishes = answers.map((answer, index) => {
    const wanted = drafts[index]!.tokens.length === 0 && answer.recorded === null
    const length = wanted ? Math.min(mostOf(answer, left), trusted(answer, cost.model!, model)) : 0
    left -= length
    return { answer, length }
  })
  const proposed = model.draft(wishes.filter(({ length }) => length > 0))
  return drafts.map((draft, index) => {
    const { answer, length } = wishes[index]!
    if (length === 0) return draft
    const tokens = proposed.shift()!
    const learn = (right: number) => {
      answer.modelTrust?.learn(tokens.length, right, answer.length)
      model.learn(tokens.length, right)
    }
    return tokens.length === 0 ? draft : { tokens, learn }
  })
}

/** What is known without a model: all of an answer that is computed again, or what stood after the same words. */
function known(answer: Answer, cost: number | null, most: number): Draft {
  const { output, recorded } = answer
  // The last token of a recorded answer is what the others are followed by: it has no logits of use.
  if (recorded !== null) return { tokens: recorded.after(output.length, most) }
  if (cost === null || most <= 0) return noDraft
  const lookup = (answer.lookup ??= new PromptLookup(answer.tokens()))
  const tokens = lookup.draft(cost, most)
  return { tokens, learn: (right) => lookup.learn(tokens.length, right) }
}

function trusted(answer: Answer, cost: number, model: DraftModel): number {
  answer.modelTrust ??= model.trustFor(answer.length)
  return answer.modelTrust.worthwhile(cost, answer.length)
}

/** A draft leaves the answer's last token to be computed after it. */
function mostOf({ task, output }: Answer, room: number): number {
  return Math.max(0, Math.min(room, task.limit - output.length - 1))
}
