/**
 * What the policies that hold make of what a probe says of the served model's own hidden states. It comes with the parts of
 * an answer: the prompt's score with the first of them, the answer's with each, about all that was said before it.
 */
import type { Part, ProbeScores } from '../../core/part.ts'
import type { Direction, GuardAction } from '../../core/verdict.ts'
import { Unavailable } from '../cascade/cascade.ts'
import { graver } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import { gravest, type Judgement } from './judgement.ts'

export interface ProbeFinding {
  readonly direction: Direction
  readonly judgement: Judgement
}

/** Whether the policy does anything about what the probe finds, in prompts or answers. */
export function usesProbe({ probe }: Policy): boolean {
  return probe !== undefined && (probe.input !== 'allow' || probe.output !== 'allow')
}

/**
 * Watches one answer: `see` every part that the engine gives. Where a score is expected and missing, or is no number,
 * the probe counts as unavailable.
 */
export class ProbeWatch {
  readonly #policies: readonly Policy[]
  readonly #expected: () => boolean
  /** The gravest that was found, of each direction. */
  readonly #found = new Map<Direction, GuardAction>()

  /**
   * @param policies which hold; those that do not use the probe are left aside
   * @param expected whether the model has a probe: then a part without a score is not judged
   */
  constructor(policies: readonly Policy[], expected: () => boolean) {
    this.#policies = policies.filter(usesProbe)
    this.#expected = expected
  }

  /** What a part tells that is graver than all before; null when nothing is. */
  see(part: Part): ProbeFinding | null {
    if (this.#policies.length === 0 || !('choice' in part)) return null
    const { probe } = part
    // A choice may end before anything was computed of it.
    if (probe === undefined) return part.type === 'finish' || !this.#expected() ? null : this.#unavailable()
    if (!isScore(probe.prompt) || (probe.answer !== null && !isScore(probe.answer)))
      return this.#unavailable()
    return this.#judged('input', probe) ?? this.#judged('output', probe)
  }

  #judged(direction: Direction, { prompt, answer }: ProbeScores): ProbeFinding | null {
    const harm = direction === 'input' ? prompt : (answer ?? 0)
    const judgement = this.#policies
      .map((policy): Judgement => {
        const { at = 1, [direction]: action = 'allow' } = policy.probe ?? {}
        return judgementOf(policy, harm >= at ? action : 'allow', harm)
      })
      .reduce(gravest)
    const before = this.#found.get(direction) ?? 'allow'
    if (graver(before, judgement.action) === before) return null
    this.#found.set(direction, judgement.action)
    return { direction, judgement }
  }

  #unavailable(): ProbeFinding | null {
    const strict = this.#policies.find(({ unavailable }) => unavailable === 'block')
    if (strict === undefined) return null
    const judgement = {
      ...judgementOf(strict, 'block', 0),
      outcome: 'unavailable',
      scores: null,
      failure: new Unavailable('probe', 'no score came with what the model said'),
    } as const
    return { direction: 'input', judgement }
  }
}

function judgementOf(policy: Policy, action: GuardAction, harm: number): Judgement {
  return {
    outcome: action === 'block' ? 'block' : 'allow',
    action,
    hazards: [],
    scores: { harm, attack: 0, hazards: {} },
    layer: 'probe',
    policy,
    hits: [],
    decisive: null,
  }
}

function isScore(score: number): boolean {
  return score >= 0 && score <= 1
}
