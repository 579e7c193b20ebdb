import type { Direction, GuardAction, Hazard, Scores } from '../../core/verdict.ts'
import type { Policy } from './policy.ts'

const severity = { allow: 0, flag: 1, review: 2, redact: 3, block: 4 } as const satisfies Record<
  GuardAction,
  number
>

/** The graver of two actions. */
export function graver(left: GuardAction, right: GuardAction): GuardAction {
  return severity[left] >= severity[right] ? left : right
}

export interface Decision {
  readonly action: GuardAction
  /** What it is about, gravest score first. */
  readonly hazards: readonly Hazard[]
}

/** A hazard is named from this score on, and the one with the highest always. */
const named = 0.5

/** What a policy does about scores. Pure: the same scores under the same policy always give the same. */
export function decide(scores: Scores, policy: Policy, direction: Direction): Decision {
  const { thresholds } = policy
  const ranked = (Object.entries(scores.hazards) as [Hazard, number][]).toSorted(
    (left, right) => right[1] - left[1],
  )
  const about = ranked.filter(([, score], index) => index === 0 || score >= named).map(([hazard]) => hazard)
  let action: GuardAction = 'allow'
  const hazards: Hazard[] = []
  for (const hazard of about) {
    const limit = policy.hazards[hazard]
    if (limit === undefined || scores.harm < (limit.at ?? thresholds.act)) continue
    if (limit[direction] === 'allow') continue
    action = graver(action, limit[direction])
    hazards.push(hazard)
  }
  // Harm that no hazard has a name for is treated as the gravest that the policy knows of.
  if (about.length === 0 && scores.harm >= thresholds.act) action = graver(action, gravest(policy, direction))
  if (scores.attack >= (policy.attack.at ?? thresholds.attack))
    action = graver(action, policy.attack[direction])
  if (action === 'allow' && scores.harm >= thresholds.flag && gravest(policy, direction) !== 'allow') {
    return { action: 'flag', hazards: about }
  }
  return { action, hazards }
}

function gravest(policy: Policy, direction: Direction): GuardAction {
  return Object.values(policy.hazards).reduce<GuardAction>(
    (most, limit) => graver(most, limit[direction]),
    'allow',
  )
}
