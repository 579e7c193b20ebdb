/** What goes into a step, and who is let in: arithmetic over what runs. */
import type { Decoder } from './decoder.ts'
import type { Answer, Prefill, Task } from './task.ts'

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

/** How many sequences a prefill has use for. */
export function choicesOf({ task, resumes }: Prefill): number {
  return resumes === null ? task.job.choices - task.nextChoice : 1
}

/**
 * Whether a request's tokens, and what all others will soon have, go into the cache together. An empty cache takes
 * anything: no prompt is longer than it.
 *
 * @param choices how many sequences the candidate would get.
 */
export function fits(candidate: Prefill, choices: number, { prefills, answers, free }: Occupants): boolean {
  if (prefills.length + answers.length === 0) return true
  const soon = (task: Task, made: number) => Math.min(task.limit - made, lookahead)
  let left =
    free - candidate.tokens.length - choices * soon(candidate.task, candidate.resumes?.output.length ?? 0)
  for (const { task, tokens, done, sequences } of prefills)
    left -= tokens.length - done + sequences.length * soon(task, 0)
  for (const { task, output } of answers) left -= soon(task, output.length)
  return left >= 0
}

/** Part of a prompt that goes into a step. */
export interface PrefillShare {
  readonly prefill: Prefill
  readonly count: number
}

/** How many tokens of which prompts go into a step that has room for `most`, oldest first. */
export function prefillShares(prefills: readonly Prefill[], most: number): PrefillShare[] {
  const shares: PrefillShare[] = []
  let left = most
  for (const prefill of prefills) {
    const count = Math.min(prefill.tokens.length - prefill.done, left)
    if (count <= 0) break
    shares.push({ prefill, count })
    left -= count
  }
  return shares
}

/** Adds the tokens of a share to the step; the last of all of a prefill asks for logits. */
export function addShare(decoder: Decoder, { prefill, count }: PrefillShare): void {
  const { tokens, done, sequences } = prefill
  const last = tokens.length - 1
  for (let position = done; position < done + count; position++)
    decoder.add(tokens[position]!, position, sequences[0]!, position === last)
}

/** The entry whose task came last; the last of equals. */
export function youngest<Entry extends { readonly task: Task }>(entries: readonly Entry[]): Entry | null {
  let found: Entry | null = null
  for (const entry of entries) if (found === null || entry.task.order >= found.task.order) found = entry
  return found
}
