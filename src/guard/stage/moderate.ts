/** Judging for its own sake: texts that go to no model, for `/v1/moderations` and the command line. */
import { accountOf, type Principal } from '../../core/principal.ts'
import type { Moderated, ToModerate } from '../../core/moderation.ts'
import type { Cascade } from '../cascade/cascade.ts'
import type { Policy } from '../policy/policy.ts'
import type { Circumstances, PolicyShelf } from '../policy/shelf.ts'
import { shippedPolicy } from '../policy/shipped.ts'
import { judgeText } from './judgement.ts'

export interface Moderation {
  /** @throws `Unavailable` when nothing can judge */
  moderate(
    item: ToModerate,
    principal: Pick<Principal, 'organisationId' | 'keyId'> & Partial<Pick<Principal, 'personId'>>,
    level?: Circumstances['level'],
  ): Promise<Moderated>
}

/**
 * Under the policies that hold for whoever asks, as their questions are judged; but for those of models, for none is asked.
 * Where none of them scores anything, under that of the server or `standard` as well, so that there is something to say.
 */
export function createModeration(shelf: PolicyShelf, cascade: Cascade): Moderation {
  return {
    async moderate({ before = '', ...item }, principal, level = 'good') {
      const holding = shelf.applying({ principal, model: '', level })
      const policies = holding.some(({ judge }) => judge) ? holding : [...holding, byDefault()]
      const account = accountOf(principal)
      const alone = await judged(item, policies, account)
      if (before === '' || alone.flagged) return alone
      const together = await judged({ ...item, prompt: `${before}\n${item.prompt}` }, policies, account)
      return (together.scores?.harm ?? 0) > (alone.scores?.harm ?? 0) ? together : alone
    },
  }

  function byDefault(): Policy {
    const policy =
      [shelf.standing, shelf.named('standard')].find(({ judge }) => judge) ?? shippedPolicy('standard')
    if (policy === null) throw new Error('The policy "standard" is missing.')
    return policy
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
    const { failure, action, hazards, scores, layer, policy, decisive, hits } = judgement
    if (failure !== undefined) throw failure
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
