/** The guard of this installation without any home, to judge with once more what another home judged. */
import type { Config } from '../config.ts'
import type { Scores } from '../core/verdict.ts'
import { Cascade } from '../guard/cascade/cascade.ts'
import { Judge } from '../guard/judge/judge.ts'
import { guardMakeup, type GuardMakeup } from '../guard/models/makeup.ts'
import type { Policy } from '../guard/policy/policy.ts'
import { openPolicyShelf } from '../guard/policy/shelf.ts'
import { shippedNames, shippedPolicy } from '../guard/policy/shipped.ts'
import type { Scorer } from '../guard/scores.ts'
import { Screen } from '../guard/screen/screen.ts'
import { screenOfAnswers } from '../guard/screen/screen-of-answers.ts'
import { policyFolder } from './open-guard.ts'

/** A guard to judge with again. It has no secret of a home: what one could change is reckoned with. */
export interface GuardAgain {
  readonly makeup: GuardMakeup
  /** All that are here; one is found by its version. */
  readonly policies: readonly Policy[]
  readonly screen: Scorer
  readonly judge: Scorer
}

/** Milliseconds that one passage may take: nobody waits for an answer. */
const patience = 120_000

/** @throws when weights are missing; `policy_invalid` */
export async function openGuardAgain(
  config: Pick<Config, 'home' | 'guard'>,
): Promise<GuardAgain & { close(): Promise<void> }> {
  const nobody = { policy: 'open', restricted: 'open', organisations: {}, keys: {}, models: {} }
  const shelf = openPolicyShelf(policyFolder(config), nobody)
  const own = shelf.all
  shelf.close()
  const judge = new Judge({ threads: config.guard.threads, patience })
  return {
    makeup: await guardMakeup(),
    policies: [...own, ...shippedNames.flatMap((name) => shippedPolicy(name) ?? [])],
    screen: known(screenOfAnswers(new Screen())),
    judge: known(judge),
    close: () => judge.close(),
  }
}

export function cascadeOf({ screen, judge }: Pick<GuardAgain, 'screen' | 'judge'>): Cascade {
  return new Cascade({ screen, judge, guardModel: null }, patience)
}

/** Scores each passage once: both bounds of a verdict are over the same scores. */
function known(scorer: Scorer): Scorer {
  const scored = new Map<string, Scores | Promise<Scores>>()
  return {
    name: scorer.name,
    score(passage, turn) {
      const key = JSON.stringify([passage.prompt, passage.response])
      const before = scored.get(key)
      if (before !== undefined) return before
      const scores = scorer.score(passage, turn)
      scored.set(key, scores)
      return scores
    },
  }
}
