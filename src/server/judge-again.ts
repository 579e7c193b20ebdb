import { recordedRequest, type AnswerRecord } from '../audit/answer-record.ts'
import type { RequestEntry } from '../audit/log-entry.ts'
import type { EntryId, RequestId, SessionId } from '../core/ids.ts'
import type { Part } from '../core/part.ts'
import { homeOrganisation, type Principal } from '../core/principal.ts'
import { plainRequest, type Request } from '../core/request.ts'
import type { Verdict } from '../core/verdict.ts'
import type { GuardStage } from '../pipeline/stages.ts'

export interface Rejudged {
  /** Why it cannot be compared; null when it was. */
  readonly notCompared: string | null
  readonly problems: readonly string[]
}

const nobody: Principal = {
  organisationId: homeOrganisation,
  personId: null,
  role: 'owner',
  endUser: null,
  network: null,
  kind: 'session',
  sessionId: 'ses_verifier' as SessionId,
  keyId: null,
  name: 'verifier',
}

/** Has the guard of this installation judge prompt and answer again, and compares with what the entry says. */
export async function judgeAgain(
  record: AnswerRecord,
  entry: RequestEntry,
  guard: GuardStage,
  signal: AbortSignal,
): Promise<Rejudged> {
  if (guard.policy !== entry.policy) {
    return notCompared(`the entry names the policy ${entry.policy}, this installation has ${guard.policy}`)
  }
  if (entry.policy === 'open') return notCompared('nothing was judged: the policy was open')
  if (entry.input_verdict?.layer === 'probe' || entry.output_verdict?.layer === 'probe')
    return notCompared('a probe of the model decided, which is not computed here')
  if (entry.outcome !== 'finished') return notCompared('the answer did not end by itself')
  const asked: Request = {
    ...plainRequest,
    ...recordedRequest(record),
    id: 'req_verifier' as RequestId,
    model: record.model,
    topLogprobs: null,
    signal,
  }
  const asking = { id: asked.id, model: asked.model, kind: 'answer', work: asked, request: asked } as const
  const judged = { asking, principal: nobody, level: 'good', entryId: entry.id as EntryId, signal } as const
  const input = await guard.judgeInput(judged)
  let output: Verdict | null = null
  const onVerdict = (verdict: Verdict) => {
    if (output === null || verdict.action !== 'allow') output = verdict
  }
  const released = guard.release(partsOf(record), Promise.resolve(input), { ...judged, onVerdict })
  for await (const _part of released);
  const pairs = [
    ['question', entry.input_verdict, input],
    ['answer', entry.output_verdict, output as Verdict | null],
  ] as const
  const missing = pairs.some(([, , now]) => now?.outcome === 'unavailable')
  if (missing) return notCompared('a layer of the guard is not available here')
  return {
    notCompared: null,
    problems: pairs.flatMap(([what, then, now]) =>
      said(then) === said(now)
        ? []
        : [`the guard says of the ${what} "${said(now)}", the entry "${said(then)}"`],
    ),
  }
}

function notCompared(reason: string): Rejudged {
  return { notCompared: reason, problems: [] }
}

/** Windows of an answer end where nobody can foresee, so that only what was done is compared, not scores. */
function said(verdict: { readonly outcome: string; readonly action: string } | null): string {
  return verdict === null ? 'allow' : verdict.outcome === 'allow' ? verdict.action : verdict.outcome
}

async function* partsOf({ output }: AnswerRecord): AsyncGenerator<Part> {
  yield { type: 'start', promptTokens: 1, cachedTokens: 0 }
  for (const [choice, { text, reasoning }] of (output ?? []).entries()) {
    if (reasoning !== '') {
      yield { type: 'reasoning-delta', choice, text: reasoning, tokens: 1, logprobs: null }
    }
    if (text !== '') yield { type: 'text-delta', choice, text, tokens: 1, logprobs: null }
    yield { type: 'finish', choice, reason: 'stop' }
  }
  const usage = { promptTokens: 1, cachedTokens: 0, outputTokens: 1, reasoningTokens: 0 }
  yield { type: 'usage', usage }
}
