/** Judging for its own sake: texts that go to no model, for `/v1/moderations` and the command line. */
import { accountOf, type Principal } from '../../core/principal.ts'
import type { Moderated, ToModerate } from '../../core/moderation.ts'
import { Unavailable, type Cascade } from '../cascade/cascade.ts'
import type { Policy } from '../policy/policy.ts'
import type { PolicyShelf } from '../policy/shelf.ts'
import { shippedPolicy } from '../policy/shipped.ts'
import { judgeText } from './judgement.ts'

export interface Moderation {
  /** @throws Unavailable when nothing can judge */
  moderate(
    item: ToModerate,
    principal: Pick<Principal, 'organisationId' | 'keyId'> & Partial<Pick<Principal, 'personId'>>,
  ): Promise<Moderated>
}

/** Under the policies that hold for whoever asks; under `standard` where those judge nothing. */
export function createModeration(shelf: PolicyShelf, cascade: Cascade): Moderation {
  return {
    async moderate({ before = '', ...item }, principal) {
      const holding = shelf.applying({ principal, model: '', level: 'good' }).filter(({ judge }) => judge)
      const policies = holding.length > 0 ? holding : [standard()]
      const account = accountOf(principal)
      const alone = await judged(item, policies, account)
      if (before === '' || alone.flagged) return alone
      const together = await judged({ ...item, prompt: `${before}\n${item.prompt}` }, policies, account)
      return (together.scores?.harm ?? 0) > (alone.scores?.harm ?? 0) ? together : alone
    },
  }

  async function judged(
    { prompt, response }: ToModerate,
    policies: readonly Policy[],
    account: string,
  ): Promise<Moderated> {
    const judgement = await judgeText(
      {
        text: response ?? prompt,
        direction: response === null ? 'input' : 'output',
        asPassage:
          response === null
            ? (piece) => ({ prompt: piece, response: null })
            : (piece) => ({ prompt: prompt.slice(-4000), response: piece }),
        turn: { account, later: true },
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
  }
}

function standard(): Policy {
  const policy = shippedPolicy('standard')
  if (policy === null) throw new Error('The policy "standard" is missing.')
  return policy
}
