/** Judging for its own sake: texts that go to no model, for `/v1/moderations` and the command line. */
import { accountOf, type Principal } from '../../core/principal.ts'
import type { Hazard, Scores } from '../../core/verdict.ts'
import type { Cascade } from '../cascade/cascade.ts'
import type { Policy } from '../policy/policy.ts'
import type { PolicyShelf } from '../policy/shelf.ts'
import { shippedPolicy } from '../policy/shipped.ts'
import { judgeText, type Judgement } from './judgement.ts'
import { Unavailable } from '../cascade/cascade.ts'

/** A text as somebody wrote it (`response` null), or what was answered to it. */
export interface ToModerate {
  readonly prompt: string
  readonly response: string | null
}

/** What was found, and where. Offsets are UTF-16 units of the text that was judged. */
export interface Explained {
  readonly flagged: boolean
  readonly action: Judgement['action']
  readonly hazards: readonly Hazard[]
  readonly scores: Scores | null
  readonly layer: string
  readonly policy: string
  /** The part that decided, and in which view of it. */
  readonly decisive: { readonly view: string; readonly start: number; readonly end: number } | null
  readonly rules: readonly {
    readonly rule: string
    readonly what: string
    readonly view: string
    readonly start: number
    readonly end: number
  }[]
}

export interface Moderation {
  /** @throws Unavailable when nothing can judge */
  moderate(item: ToModerate, principal: Pick<Principal, 'organisationId' | 'keyId'>): Promise<Explained>
}

/** Under the policies that hold for whoever asks; under `standard` where those judge nothing. */
export function createModeration(shelf: PolicyShelf, cascade: Cascade): Moderation {
  return {
    async moderate({ prompt, response }, principal) {
      const holding = shelf.applying({ principal, model: '', level: 'good' }).filter(({ judge }) => judge)
      const policies: readonly Policy[] = holding.length > 0 ? holding : [standard()]
      const judgement = await judgeText(
        {
          text: response ?? prompt,
          direction: response === null ? 'input' : 'output',
          asPassage:
            response === null
              ? (piece) => ({ prompt: piece, response: null })
              : (piece) => ({ prompt: prompt.slice(-4000), response: piece }),
          turn: { account: accountOf(principal), later: true },
          final: true,
          from: 0,
          thorough: true,
        },
        policies,
        cascade,
      )
      const { outcome, action, hazards, scores, layer, policy, decisive, hits } = judgement
      if (outcome === 'unavailable') throw new Unavailable(layer, 'it could not judge')
      return {
        flagged: action === 'block' || action === 'redact',
        action,
        hazards,
        scores,
        layer,
        policy: policy.version,
        decisive,
        rules: hits.map(({ rule, what, view, start, end }) => ({ rule, what, view, start, end })),
      }
    },
  }
}

function standard(): Policy {
  const policy = shippedPolicy('standard')
  if (policy === null) throw new Error('The policy "standard" is missing.')
  return policy
}
