import type { Direction, GuardAction, Hazard, Scores, Verdict } from '../../core/verdict.ts'
import { Unavailable, type Cascade, type CascadeBounds } from '../cascade/cascade.ts'
import { piecesOf } from '../cascade/pieces.ts'
import { viewsOf } from '../normalise/views.ts'
import { decide, graver } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import { applyRules, type RuleHit } from '../rules/apply.ts'
import type { Passage, Turn } from '../scores.ts'

/** One text that is judged at once. */
export interface Sample {
  readonly text: string
  readonly direction: Direction
  /** How the layers read a piece of the text. */
  readonly asPassage: (piece: string) => Passage
  readonly turn: Turn
  /** No more text will follow. */
  readonly final: boolean
  /** What ends before this offset was judged already; 0 for a text that is judged once. */
  readonly from: number
  /** Nothing is scored. */
  readonly rulesOnly?: boolean
  /** The question that it answers was clear: more of it passes by the screen's word alone. */
  readonly calm?: boolean
  /** It is scored though a rule decides already. */
  readonly thorough?: boolean
}

/** What the policies that hold make of a text, with all that led there. */
export interface Judgement {
  readonly outcome: Verdict['outcome']
  readonly action: GuardAction
  readonly hazards: readonly Hazard[]
  readonly scores: Scores | null
  readonly layer: string
  /** The policy whose word it is. */
  readonly policy: Policy
  readonly hits: readonly RuleHit[]
  /** Where the deciding score was found; null when rules decided or nothing did. */
  readonly decisive: { readonly view: string; readonly start: number; readonly end: number } | null
  /** Why nothing could judge it. */
  readonly failure?: Unavailable
}

/** Rules first, which cost least; scores unless a rule blocks already. The gravest action of all policies is taken. */
export async function judgeText(
  sample: Sample,
  policies: readonly Policy[],
  cascade: Cascade,
): Promise<Judgement> {
  const { text, direction, final, from } = sample
  const { views, complete } = viewsOf(text)
  const ruled = policies.map((policy): Judgement => {
    const hits = applyRules(text, { policy, direction, final }, views).filter(({ end }) => end > from)
    const action = hits.reduce<GuardAction>((most, hit) => graver(most, hit.action), 'allow')
    const hazards = [...new Set(hits.flatMap(({ hazard }) => hazard ?? []))]
    return {
      outcome: outcomeOf(action),
      action,
      hazards,
      scores: null,
      layer: 'rules',
      policy,
      hits,
      decisive: null,
    }
  })
  const byRules = ruled.reduce(gravest)
  const hits = ruled.flatMap((judgement) => judgement.hits)
  const judging = sample.rulesOnly === true ? [] : policies.filter(({ judge }) => judge)
  const [firstJudging] = judging
  const decided = byRules.action === 'block' && sample.thorough !== true
  const reading = policies.filter((policy) => policy.compiled.length > 0 || judging.includes(policy))
  if (decided || firstJudging === undefined) return wholly({ ...byRules, hits }, complete, reading)
  try {
    const {
      scores: scored,
      layer,
      piece,
    } = await cascade.score(
      piecesOf(text, sample.asPassage, views),
      boundsOf(judging, sample.calm === true),
      sample.turn,
    )
    const scores = direction === 'output' ? bySize(scored, text) : scored
    const decisive = piece === null ? null : { view: piece.view, start: piece.start, end: piece.end }
    const byScores = judging
      .map((policy): Judgement => {
        const { action, hazards } = decide(scores, policy, direction)
        return { outcome: outcomeOf(action), action, hazards, scores, layer, policy, hits, decisive }
      })
      .reduce(gravest)
    const judgement = { ...gravest(byScores, { ...byRules, scores, hits }), hits }
    return wholly(judgement, complete, reading)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    const strict = judging.find(({ unavailable }) => unavailable === 'block') ?? firstJudging
    const action = strict.unavailable === 'block' ? 'block' : byRules.action
    return {
      ...byRules,
      outcome: 'unavailable',
      action,
      layer: error.layer,
      policy: strict,
      hits,
      failure: error,
    }
  }
}

/** Where not all could be read, harm may stand in the rest: blocked, unless the policies let pass what cannot be judged. */
function wholly(judgement: Judgement, complete: boolean, policies: readonly Policy[]): Judgement {
  const strict = policies.find(({ unavailable }) => unavailable === 'block')
  if (complete || judgement.action === 'block' || strict === undefined) return judgement
  return { ...judgement, outcome: 'block', action: 'block', hazards: [], layer: 'unread', policy: strict }
}

/** The graver of two; of two alike the first. */
export function gravest(left: Judgement, right: Judgement): Judgement {
  if (left.action === right.action) {
    return (right.scores?.harm ?? 0) > (left.scores?.harm ?? 0) ? right : left
  }
  return graver(left.action, right.action) === left.action ? left : right
}

/** What a few words of an answer mean is open: they weigh less until there are more. */
function bySize(scores: Scores, text: string): Scores {
  const { length } = text.trim()
  return length >= enough ? scores : { ...scores, harm: scores.harm * (0.6 + (0.4 * length) / enough) }
}

/** Characters of an answer from which on its scores count as they are. */
const enough = 60

function outcomeOf(action: GuardAction): Verdict['outcome'] {
  return action === 'block' ? 'block' : 'allow'
}

/** Up to this score of the screen an answer to a clear question is clear. */
const clearAnswer = 0.2

function boundsOf(policies: readonly Policy[], calm: boolean): CascadeBounds {
  const clear = Math.min(...policies.map(({ cascade }) => cascade.clear))
  return {
    clear: calm ? Math.max(clear, clearAnswer) : clear,
    attacks: !calm,
    certain: Math.max(...policies.map(({ cascade }) => cascade.certain)),
    act: Math.min(...policies.map(({ thresholds }) => thresholds.act)),
    unsure: Math.max(...policies.map(({ cascade }) => cascade.unsure)),
  }
}
