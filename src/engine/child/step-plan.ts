/** What goes into a step, and who is let in: arithmetic over what runs. */
import type { Decoder } from './decoder.ts'
import { type Answer, doneOf, type Prefill, type Task } from './task.ts'

/** What occupies the cache. */
export interface Occupants {
  /** Oldest first. */
  readonly prefills: readonly Prefill[]
  readonly answers: readonly Answer[]
  /** Cells that are free. */
  readonly free: number
}

/** How many tokens of each running answer are kept free when another request is admitted. */
const lookahead = 128
/** Fewer tokens are computed again rather than waited for. */
const leastWorthWaiting = 16

/** How many sequences a prefill has use for. */
export function choicesOf({ task, resumes }: Prefill): number {
  return resumes === null ? task.job.choices - task.nextChoice : 1
}

/**
 * Whether a request's tokens, and what all others will soon have, go into the cache together. An empty cache takes
 * anything: no prompt is longer than it.
 *
 * @param choices how many sequences the candidate would get.
 * @param shared how many of its tokens are in cells that others use now.
 */
export function fits(
  candidate: Prefill,
  choices: number,
  shared: number,
  { prefills, answers, free }: Occupants,
): boolean {
  if (prefills.length + answers.length === 0) return true
  const soon = (task: Task, made: number) => Math.min(task.limit - made, lookahead)
  let left = free - (candidate.tokens.length - shared)
  left -= choices * soon(candidate.task, candidate.resumes?.output.length ?? 0)
  for (const prefill of prefills)
    left -= prefill.tokens.length - doneOf(prefill) + prefill.places * soon(prefill.task, 0)
  for (const { task, output } of answers) left -= soon(task, output.length)
  return left >= 0
}

/**
 * Whether one of the prompts that are being computed will soon have much more in common with the candidate than what
 * is there: then it waits for that rather than computing it as well.
 *
 * @param found how many of its tokens are in the cache.
 */
export function willBeShared(candidate: Prefill, found: number, prefills: readonly Prefill[]): boolean {
  const { origin } = candidate.task
  return prefills.some((prefill) => {
    const other = prefill.task.origin
    if (other.adapter !== origin.adapter) return false
    const open = other.scope === origin.scope ? Infinity : Math.min(other.openTokens, origin.openTokens)
    const most = Math.min(open, prefill.tokens.length, candidate.tokens.length - 1)
    if (most - found < leastWorthWaiting) return false
    let common = 0
    while (common < most && prefill.tokens[common] === candidate.tokens[common]) common++
    return common - found >= leastWorthWaiting && doneOf(prefill) < common
  })
}

/** Part of a prompt that goes into a step. */
export interface PrefillShare {
  readonly prefill: Prefill
  readonly count: number
}

/**
 * How many tokens of which prompts go into a step that has room for `most`: those that will soon be whole first, so that
 * a short question is not stuck behind a long document, but a quarter is the oldest one's, so that it gets done as well.
 *
 * @param prefills oldest first.
 */
export function prefillShares(prefills: readonly Prefill[], most: number): PrefillShare[] {
  const [oldest] = prefills
  if (oldest === undefined || most <= 0) return []
  const left = (prefill: Prefill) => prefill.tokens.length - doneOf(prefill)
  const counts = new Map<Prefill, number>([[oldest, Math.min(left(oldest), Math.ceil(most / 4))]])
  let room = most - counts.get(oldest)!
  for (const prefill of prefills.toSorted((one, other) => left(one) - left(other))) {
    const before = counts.get(prefill) ?? 0
    const count = Math.min(left(prefill) - before, room)
    if (before + count > 0) counts.set(prefill, before + count)
    room -= count
  }
  return Array.from(counts, ([prefill, count]) => ({ prefill, count }))
}

/** Adds the tokens of a share to the step; the last of all of a prefill asks for logits. */
export function addShare(decoder: Decoder, { prefill, count }: PrefillShare): void {
  const { tokens, sequence } = prefill
  const done = doneOf(prefill)
  const last = tokens.length - 1
  for (let position = done; position < done + count; position++)
    decoder.add(tokens[position]!, position, sequence!.number, position === last)
}

/**
 * The adapter of the next step: a step is computed with one, so they take turns.
 *
 * @param used the one of the last step.
 */
export function nextAdapter(
  { prefills, answers }: Omit<Occupants, 'free'>,
  used: number | null,
): number | null {
  // The model as it is comes before all adapters.
  const number = (adapter: number | null) => adapter ?? -1
  let next: number | null = null
  let first: number | null = null
  for (const { task } of [...answers, ...prefills]) {
    const own = number(task.job.adapter)
    if (own > number(used) && (next === null || own < next)) next = own
    if (first === null || own < first) first = own
  }
  const chosen = next ?? first ?? -1
  return chosen === -1 ? null : chosen
}

/** The entry whose task came last; the last of equals. */
export function youngest<Entry extends { readonly task: Task }>(entries: readonly Entry[]): Entry | null {
  let found: Entry | null = null
  for (const entry of entries) if (found === null || entry.task.order >= found.task.order) found = entry
  return found
}
