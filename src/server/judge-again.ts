/** The guard of a recorded question and answer, once more: what can be compared with its entry is, and the rest is said. */
import { recordedRequest, type AnswerRecord } from '../audit/answer-record.ts'
import type { RequestEntry } from '../audit/log-entry.ts'
import { systemClock } from '../core/clock.ts'
import type { EntryId, RequestId } from '../core/ids.ts'
import { ownerHere } from '../core/principal.ts'
import { plainRequest, type Request } from '../core/request.ts'
import type { GuardAction, Verdict } from '../core/verdict.ts'
import { asStrictAsAnyKey } from '../guard/defence/keyed-scorer.ts'
import type { Policy } from '../guard/policy/policy.ts'
import { lowered } from '../guard/policy/shelf.ts'
import { askedOf } from '../guard/stage/asked.ts'
import { createGuard, judges, windowSample } from '../guard/stage/guard-stage.ts'
import { judgeText } from '../guard/stage/judgement.ts'
import { callBegun, windowsAgain, type Window } from '../guard/stage/lane.ts'
import { gravestAction, judgeVerdict, type ActionBounds } from '../provenance/verdicts.ts'
import { cascadeOf, type GuardAgain } from './guard-again.ts'

export interface Rejudged {
  readonly checked: readonly string[]
  readonly notCompared: readonly string[]
  readonly problems: readonly string[]
}

type Verdicts = Pick<RequestEntry, 'outcome' | 'policy' | 'input_verdict' | 'output_verdict'>
type Recorded = NonNullable<RequestEntry['input_verdict']>

interface Finding {
  readonly kind: keyof Rejudged
  readonly text: string
}

/**
 * Has the guard judge question and answer again, and compares with what the entry says. What an honest server could have
 * said is never a problem.
 */
export async function judgeAgain(
  record: AnswerRecord,
  entry: Verdicts,
  guard: GuardAgain,
  signal: AbortSignal,
): Promise<Rejudged> {
  const obstacle = obstacleToBoth(record, entry, guard)
  const findings =
    obstacle === null
      ? await both(record, entry, guard, signal)
      : [{ kind: 'notCompared', text: `the guard's verdicts: ${obstacle}` } as const]
  const of = (kind: keyof Rejudged) => findings.filter((it) => it.kind === kind).map(({ text }) => text)
  return { checked: of('checked'), notCompared: of('notCompared'), problems: of('problems') }
}

function obstacleToBoth(
  { guard: made }: AnswerRecord,
  { policy, input_verdict: input, output_verdict: output }: Verdicts,
  { makeup }: GuardAgain,
): string | null {
  const policies = [input, output].flatMap((verdict) => verdict?.policy ?? [])
  if ((policies.length === 0 ? [policy] : policies).every((one) => one === 'open'))
    return 'nothing was judged: the policy was open'
  if (made === undefined || made === null) return 'the record does not name the guard that judged'
  if (made.version !== makeup.version)
    return `it was judged by Elpis ${made.version}, and this is ${makeup.version}`
  if (made.screen !== makeup.screen || made.judge !== makeup.judge)
    return 'it was judged with other weights than are here'
  return made.model === null ? null : `the guard model ${made.model} was asked as well, and is not asked here`
}

async function both(
  record: AnswerRecord,
  entry: Verdicts,
  guard: GuardAgain,
  signal: AbortSignal,
): Promise<Finding[]> {
  const asked: Request = {
    ...plainRequest,
    ...recordedRequest(record),
    id: 'req_verifier' as RequestId,
    model: record.model,
    topLogprobs: null,
    signal,
  }
  const question = await ofQuestion(asked, entry, guard)
  return [question.finding, await ofAnswer({ record, asked, harm: question.harm }, entry, guard)]
}

/** @returns also how harmful the question is, for it says how closely the answer was looked at; null when nobody knows */
async function ofQuestion(
  asked: Request,
  { outcome, policy, input_verdict: recorded }: Verdicts,
  guard: GuardAgain,
): Promise<{ finding: Finding; harm: number | null }> {
  const what = 'question'
  if (recorded === null) {
    const finding =
      outcome === 'finished'
        ? problem(what, `the entry has none, though the policy ${policy} was in force`)
        : notCompared(what, 'the entry has none')
    return { finding, harm: null }
  }
  const held = policyOf(recorded, guard)
  if (held === null) return { finding: notCompared(what, notHere(recorded)), harm: null }
  const mild = await questionJudged(asked, held, guard)
  const harm = recorded.outcome === 'unavailable' ? 1 : (mild.scores?.harm ?? 1)
  const obstacle = obstacleTo(recorded)
  if (obstacle !== null) return { finding: notCompared(what, obstacle), harm }
  const strict = await questionJudged(asked, lowered(held, anyKey), {
    ...guard,
    judge: asStrictAsAnyKey(guard.judge),
  })
  if ([mild, strict].some((verdict) => verdict.outcome === 'unavailable'))
    return { finding: notCompared(what, missing), harm: null }
  const bounds = { mildest: mild.action, strictest: strict.action }
  // Harm that is split over requests is read together with what was asked before, which is in no record.
  const earlier = recorded.action === 'block' && bounds.strictest !== 'block'
  const finding = earlier
    ? notCompared(what, 'it was blocked, which what was asked before may be the reason for')
    : compared(what, recorded, bounds)
  return { finding, harm }
}

interface Answered {
  readonly record: AnswerRecord
  readonly asked: Request
  readonly harm: number | null
}

async function ofAnswer(
  { record, asked, harm }: Answered,
  { outcome, input_verdict: input, output_verdict: recorded }: Verdicts,
  guard: GuardAgain,
): Promise<Finding> {
  const what = 'answer'
  if (outcome !== 'finished') return notCompared(what, 'the answer did not end by itself')
  if (recorded === null) return unjudged(record, input, guard)
  const obstacle = obstacleTo(recorded)
  if (obstacle !== null) return notCompared(what, obstacle)
  if (recorded.action === 'redact')
    return notCompared(what, 'the guard took words out of it, which the record does not hold')
  if (recorded.action === 'block')
    return notCompared(what, 'the guard cut it, and the record does not hold what was cut')
  const held = policyOf(recorded, guard)
  if (held === null) return notCompared(what, notHere(recorded))
  if (harm === null) return notCompared(what, 'how closely it was looked at depends on the question')
  const windows = windowsOf(record)
  if (windows === null) return problem(what, 'the windows in which it was judged are not those of its text')
  const { question } = askedOf({ kind: 'answer', work: asked, request: asked })
  const action = async (policy: Policy) => {
    const actions: GuardAction[] = []
    for (const window of windows) {
      const sample = windowSample(window, { question, harm }, { account: 'verifier', later: false })
      const judgement = await judgeText(sample, [policy], cascadeOf(guard))
      if (judgement.outcome === 'unavailable') return null
      actions.push(judgement.action)
    }
    return gravestAction(actions)
  }
  const [mildest, strictest] = [await action(held), await action(lowered(held, anyKey))]
  if (mildest === null || strictest === null) return notCompared(what, missing)
  return compared(what, recorded, { mildest, strictest })
}

/** No verdict is right where nothing was said or nothing is judged. */
function unjudged(record: AnswerRecord, input: Recorded | null, guard: GuardAgain): Finding {
  const policy = input === null ? null : policyOf(input, guard)
  if (saidBy(record).every((said) => said.size === 0)) return notCompared('answer', 'nothing was said')
  return policy !== null && judges(policy)
    ? problem('answer', `the entry has none, though the policy ${policy.version} judges answers`)
    : notCompared('answer', 'the entry has none')
}

function compared(what: string, { action }: Recorded, bounds: ActionBounds): Finding {
  const found = judgeVerdict(action as GuardAction, bounds)
  switch (found) {
    case 'same':
      return { kind: 'checked', text: `the guard's verdict on the ${what}, judged again: ${action}` }
    case 'open':
      return notCompared(what, 'it is near a threshold, which the key of its server decides')
    case 'milder':
      return problem(what, `the entry says "${action}", judged again it is at least "${bounds.mildest}"`)
    case 'graver':
      return problem(what, `the entry says "${action}", judged again it is at most "${bounds.strictest}"`)
    default:
      return found satisfies never
  }
}

function notCompared(what: string, reason: string): Finding {
  return { kind: 'notCompared', text: `the guard's verdict on the ${what}: ${reason}` }
}

function problem(what: string, reason: string): Finding {
  return { kind: 'problems', text: `the guard's verdict on the ${what}: ${reason}` }
}

const missing = 'a layer of the guard is not available here'

function notHere({ policy }: Recorded): string {
  return policy === 'open' ? 'nothing was judged' : `the policy ${policy || 'that holds'} is not here`
}

function obstacleTo({ outcome, layer, policy }: Recorded): string | null {
  if (policy === 'open') return 'nothing was judged'
  if (outcome === 'unavailable') return 'its server could not judge'
  return layer === 'probe' ? 'a probe of the model decided, which is not computed here' : null
}

/** That which decided: what else held at the time (for a key, for restricted people) was no stricter. */
function policyOf({ policy }: Recorded, { policies }: GuardAgain): Policy | null {
  return (
    policies.find(({ name, version }) => version === policy || (name === 'open' && policy === 'open')) ?? null
  )
}

/** The secret that makes thresholds as low as any does. */
const anyKey = { unit: () => 1 }

async function questionJudged(asked: Request, policy: Policy, guard: GuardAgain): Promise<Verdict> {
  const made = createGuard({
    shelf: { standing: policy, applying: () => [policy] },
    cascade: cascadeOf(guard),
    clock: systemClock,
    onSignal: () => {},
    onTrouble: () => {},
    goal: () => 1,
  })
  const asking = { id: asked.id, model: asked.model, kind: 'answer', work: asked, request: asked } as const
  const entryId = 'ent_verifier' as EntryId
  return await made.judgeInput({ asking, principal: nobody, level: 'good', entryId, signal: asked.signal })
}

/** All windows of all choices; null when they are not those of what was said. */
function windowsOf(record: AnswerRecord): Window[] | null {
  const windows = saidBy(record).map((said, choice) => windowsAgain(said, record.windows?.[choice] ?? []))
  return windows.some((each) => each === null) ? null : windows.flatMap((each) => each ?? [])
}

/** What each choice says in each channel, as the guard reads it. */
function saidBy({ output }: AnswerRecord): Map<string, string>[] {
  return (output ?? []).map(({ text, reasoning, calls }) => {
    const all = calls.map(
      ({ name, arguments: given }, call) => [`call ${call}`, `${callBegun(name)}${given}`] as const,
    )
    const said = [['text', text], ['reasoning', reasoning], ...all] as const
    return new Map(said.filter(([, words]) => words !== ''))
  })
}

const nobody = ownerHere('ses_verifier', 'verifier')
