import type { GuardAction } from '../../core/verdict.ts'
import { decide } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { KeptVerdict } from './store.ts'

/** What another policy would have made of past traffic. */
export interface DryRun {
  readonly policy: string
  /** Verdicts that were looked at. */
  readonly verdicts: number
  /** Of those, how many have scores: only these can be decided again. Rules need the words, which are not kept. */
  readonly scored: number
  readonly changes: readonly {
    readonly was: GuardAction
    readonly would: GuardAction
    readonly count: number
  }[]
  /** Keys whose requests would be blocked and were not. */
  readonly keysAffected: number
  /** How many scores of harm lie in each tenth, from 0 to 1. */
  readonly distribution: readonly number[]
}

/** Decides stored scores again; nothing is judged anew. */
export function dryRun(policy: Policy, verdicts: readonly KeptVerdict[]): DryRun {
  const counts = new Map<string, { was: GuardAction; would: GuardAction; count: number }>()
  const keys = new Set<string>()
  const distribution = Array.from({ length: 10 }, () => 0)
  let scored = 0
  for (const { scores, direction, action: was, keyId } of verdicts) {
    if (scores === null) continue
    scored++
    const tenth = Math.min(9, Math.floor(scores.harm * 10))
    distribution[tenth] = (distribution[tenth] ?? 0) + 1
    const { action: would } = decide(scores, policy, direction)
    const key = `${was} ${would}`
    const entry = counts.get(key) ?? { was, would, count: 0 }
    entry.count++
    counts.set(key, entry)
    if (would === 'block' && was !== 'block' && keyId !== null) keys.add(keyId)
  }
  const changes = [...counts.values()].toSorted((left, right) => right.count - left.count)
  return {
    policy: policy.version,
    verdicts: verdicts.length,
    scored,
    changes,
    keysAffected: keys.size,
    distribution,
  }
}
