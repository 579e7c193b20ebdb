/** The guard as the pipeline meets it: judges all that was asked, and lets go what it has judged of the answer. */
import type { Clock } from '../../core/clock.ts'
import type { EntryId, RequestId } from '../../core/ids.ts'
import type { Part } from '../../core/part.ts'
import { accountOf, subjectOf, type Principal } from '../../core/principal.ts'
import { hazards as hazardNames, type Direction, type Signal, type Verdict } from '../../core/verdict.ts'
import { elpisError, type ElpisError } from '../../errors.ts'
import type { Cascade } from '../cascade/cascade.ts'
import { graver } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { PolicyShelf } from '../policy/shelf.ts'
import { ClimbingWatch } from '../defence/climbing.ts'
import { EarlierTurns } from '../defence/earlier-turns.ts'
import { excerptOf } from '../defence/excerpt.ts'
import { askedOf, type Asked, type AskedText, type Asking } from './asked.ts'
import { fingerprintOf } from './fingerprint.ts'
import { gravest, judgeText, type Judgement, type Sample } from './judgement.ts'
import { KnownJudgements } from './known-judgements.ts'
import { ProbeWatch, usesProbe } from './probe-watch.ts'
import { release } from './release.ts'
import type { Turn } from '../scores.ts'
import type { Window } from './lane.ts'
import { WindowPace } from './window-pace.ts'

/** One request to judge, and whose it is. */
interface Judged {
  readonly asking: Asking & { readonly id: RequestId; readonly model: string }
  readonly principal: Principal
  readonly level: 'good' | 'warned' | 'restricted'
  readonly entryId: EntryId
  readonly signal: AbortSignal
}

/** What was made of one request or answer, for whoever keeps it: no word of what was said. */
export interface JudgedRecord {
  readonly at: number
  readonly requestId: RequestId
  readonly entryId: EntryId
  readonly principal: Principal
  readonly model: string
  readonly verdict: Verdict
  readonly fingerprint: string | null
}

export interface GuardParts {
  readonly shelf: Pick<PolicyShelf, 'standing' | 'applying'>
  readonly cascade: Cascade
  readonly clock: Clock
  /** Told of everything that standing may count. */
  readonly onSignal: (signal: Signal) => void
  /** Told of every verdict. */
  readonly onVerdict?: (record: JudgedRecord) => void
  /** Told of what could not be judged, and why. */
  readonly onTrouble: (layer: string, error: unknown) => void
  /** Whether a probe reads the hidden states of this model; none does when left out. */
  readonly probed?: (model: string) => boolean
  /** Tokens of the next window of an answer. */
  readonly goal: () => number
}

export interface Guard {
  readonly policy: string
  judgeInput(judged: Judged): Promise<Verdict>
  release(
    drafted: AsyncGenerator<Part>,
    question: Promise<Verdict>,
    judged: Judged & { onVerdict(verdict: Verdict, begunAt?: number): void },
  ): AsyncGenerator<Part>
}

/** Never throws and never lets pass what it could not judge, unless a policy says so. */
export function createGuard(parts: GuardParts): Guard {
  const { shelf, cascade, clock } = parts
  const climbing = new ClimbingWatch()
  const earlier = new EarlierTurns()
  const known = new KnownJudgements()
  const pace = new WindowPace()
  const rest = { milliseconds: () => pace.rest, now: () => performance.now() }

  return {
    get policy() {
      const { standing } = shelf
      return standing.name === 'open' ? 'open' : standing.version
    },

    async judgeInput(judged) {
      let policies: readonly Policy[] = []
      try {
        policies = applying(judged)
        const asked = askedOf(judged.asking)
        const who = subjectKey(judged.principal)
        const turn = turnOf(judged.principal)
        const excerpt = excerptOf(asked.question, (sentences) => cascade.screened(sentences, turn))
        const worst = await judgeAsked(asked, policies, {
          scope: judged.principal.organisationId,
          before: earlier.before(who, clock.now()),
          excerpt,
          turn,
        })
        const verdict = verdictOf(worst.judgement, 'input', judged)
        const fingerprint = asked.question === '' ? null : fingerprintOf(asked.question)
        report(judged, verdict, fingerprint, worst)
        if (fingerprint !== null) {
          if (verdict.action !== 'block') earlier.note(who, { at: clock.now(), text: await excerpt })
          // Where nothing is scored there is nothing to climb down.
          if (policies.some(judges)) watch(judged, verdict, fingerprint, who)
        }
        return verdict
      } catch (error) {
        parts.onTrouble('guard', error)
        return unavailable(policies, 'input')
      }
    },

    release(drafted, question, judged) {
      let policies: readonly Policy[]
      try {
        policies = applying(judged)
      } catch (error) {
        parts.onTrouble('guard', error)
        return refused(drafted, elpisError('guard_unavailable'))
      }
      if (policies.every((policy) => !judges(policy) && !usesProbe(policy))) return drafted
      const { question: context } = askedOf(judged.asking)
      let worst: Judgement | null = null
      let begunAt: number | undefined
      const reported = new Set<string>()
      const onJudged = (judgement: Judgement) => {
        if (worst === null || gravest(worst, judgement) === judgement) worst = judgement
        if (judgement.action === 'allow') return
        const verdict = verdictOf(judgement, 'output', judged)
        const key = `${verdict.action} ${verdict.hazards.join()} ${judgement.hits.map(({ what }) => what).join()}`
        if (reported.has(key)) return
        reported.add(key)
        tell(verdict)
      }
      const watched = new ProbeWatch(policies, () => parts.probed?.(judged.asking.model) ?? false)
      const probe = (part: Part) => {
        const found = watched.see(part)
        if (found === null) return null
        const { direction, judgement } = found
        if (judgement.outcome === 'unavailable') parts.onTrouble('probe', judgement.failure)
        const verdict = verdictOf(judgement, direction, judged)
        if (direction === 'input') {
          // It stands beside the question's own verdict, which comes first.
          void question.then((own) => {
            if (own.action !== 'block' && graver(own.action, verdict.action) !== own.action) tell(verdict)
          })
          return refusalOf(verdict)
        }
        reported.add('probe')
        tell(verdict)
        return verdict.action === 'block' ? ('cut' as const) : null
      }
      const tell = (verdict: Verdict) => {
        judged.onVerdict(verdict, begunAt)
        report(judged, verdict, null, null)
      }
      const released = release({
        probe,
        drafted,
        choices: judged.asking.request?.choices ?? 1,
        json: (judged.asking.request?.format.kind ?? 'text') !== 'text',
        question,
        policies,
        signal: judged.signal,
        goal: parts.goal,
        rest,
        judge: async (window) => {
          // Nothing leaves before it, and it says how closely to look.
          const harm = await question.then(({ scores }) => scores?.harm ?? 1).catch(() => 1)
          const begun = performance.now()
          begunAt ??= begun
          const sample = windowSample(window, { question: context, harm }, turnOf(judged.principal))
          const judgement = await judgeWindow(sample, policies)
          pace.observe(performance.now() - begun)
          return judgement
        },
        refusalOf: (verdict) => refusalOf(verdict),
        onJudged,
      })
      return withEnd(released, pace, () => {
        if (worst === null || reported.size > 0) return
        tell(verdictOf(worst, 'output', judged))
      })
    },
  }

  function applying({ principal, asking, level }: Judged): readonly Policy[] {
    return shelf.applying({ principal, model: asking.model, level })
  }

  async function judgeAsked(
    asked: Asked,
    policies: readonly Policy[],
    { scope, before, excerpt, turn }: Together,
  ): Promise<Worst> {
    const [first] = policies
    if (first === undefined) throw new Error('No policy holds.')
    const judging = policies.filter(judges)
    let worst: Worst = { judgement: nothing(first), text: null }
    if (judging.length === 0) return worst
    if (asked.unreadable) {
      const strict = judging.find((policy) => policy.unavailable === 'block')
      if (strict !== undefined) return { judgement: unreadable(strict), text: null }
    }
    // Harm that is split over requests: what was asked before is read together with what is asked now, beside the rest.
    const asPrompt = (prompt: string) => ({ prompt, response: null })
    const together = before === null || asked.question === '' ? null : judgedTogether(before)
    // Nobody may come to wait for it.
    together?.catch(() => {})
    for (const text of asked.texts) {
      if (text.text === '') continue
      const { asPassage, rulesOnly = false } = text
      const sample = {
        text: text.text,
        direction: 'input',
        asPassage,
        turn,
        final: true,
        from: 0,
        rulesOnly,
      } as const
      const judgement = await judged(sample)
      if (judgement.outcome === 'unavailable') parts.onTrouble(judgement.layer, judgement.failure)
      if (worst.text === null || gravest(worst.judgement, judgement) === judgement)
        worst = { judgement, text }
      if (judgement.action === 'block') return worst
    }
    if (together === null) return worst
    const { text, judgement } = await together
    if (judgement.outcome === 'unavailable') parts.onTrouble(judgement.layer, judgement.failure)
    if (judgement.action !== 'block') return worst
    return { judgement, text: { text, kind: 'conversation', attributable: true, asPassage: asPrompt } }

    async function judgedTogether(earlier: string) {
      const text = `${earlier}\n${await excerpt}`
      const whole = { direction: 'input', asPassage: asPrompt, turn, final: true, from: 0 } as const
      return { text, judgement: await judged({ ...whole, text }) }
    }

    function judged(sample: Sample): Promise<Judgement> {
      return known.of(scope, sample, policies, () => judgeText(sample, policies, cascade))
    }
  }

  /** Tells of whoever tries one text in many variants. */
  function watch(judged: Judged, verdict: Verdict, fingerprint: string, who: string): void {
    const at = clock.now()
    const harm = verdict.scores?.harm ?? 0
    const variants = climbing.note(who, { at, fingerprint, harm })
    if (variants === 0) return
    parts.onSignal({
      at,
      subject: subjectOf(judged.principal),
      source: 'guard',
      direction: 'input',
      hazard: 'attack',
      severity: Math.min(1, variants / 20),
      attributable: true,
      requestId: judged.asking.id,
      entryId: judged.entryId,
      fingerprint,
    })
  }

  async function judgeWindow(sample: Sample, policies: readonly Policy[]): Promise<Judgement> {
    try {
      const judgement = await judgeText(sample, policies, cascade)
      if (judgement.outcome === 'unavailable') parts.onTrouble(judgement.layer, judgement.failure)
      return judgement
    } catch (error) {
      parts.onTrouble('guard', error)
      const [first] = policies
      return { ...nothing(first as Policy), outcome: 'unavailable', action: 'block', layer: 'guard' }
    }
  }

  function report(judged: Judged, verdict: Verdict, fingerprint: string | null, worst: Worst | null): void {
    const { principal, entryId, asking } = judged
    const at = clock.now()
    parts.onVerdict?.({
      at,
      requestId: asking.id,
      entryId,
      principal,
      model: asking.model,
      verdict,
      fingerprint,
    })
    if (verdict.action === 'allow') return
    // What a rule asks of people holds also where nothing could be scored.
    if (verdict.outcome === 'unavailable' && verdict.action !== 'review') return
    const attack = verdict.scores !== null && verdict.hazards.length === 0 && verdict.scores.attack >= 0.5
    parts.onSignal({
      at,
      subject: subjectOf(principal),
      source: verdict.layer === 'rules' ? 'rule' : 'guard',
      direction: verdict.direction,
      hazard: verdict.hazards[0] ?? (attack ? 'attack' : 'other'),
      severity: severityOf(verdict),
      // A policy that only notes it does not hold it against anybody, nor is it an offence to be unreadable.
      attributable:
        verdict.action === 'block' &&
        notRead[verdict.layer] === undefined &&
        (worst?.text?.attributable ?? false),
      requestId: asking.id,
      entryId,
      ...(verdict.action === 'review' ? { forReview: true } : {}),
      ...(fingerprint === null ? {} : { fingerprint }),
    })
  }
}

/** A question with less harm than this is clear. */
const calmUntil = 0.2

/**
 * A window of an answer as it is judged.
 *
 * @param asked the question that it answers (see `Asked`), and how harmful that is; 1 where nobody knows
 */
export function windowSample(
  { text, final, start }: Window,
  { question, harm }: { readonly question: string; readonly harm: number },
  turn: Turn,
): Sample {
  const prompt = question.slice(-1500)
  const asPassage = (response: string) => ({ prompt, response })
  return { text, direction: 'output', asPassage, turn, final, from: start, calm: harm < calmUntil }
}

/** Whose requests are read together: the end user where one is named, else the key or the session. */
function subjectKey(principal: Principal): string {
  const account = principal.kind === 'key' ? principal.keyId : principal.sessionId
  return `${account} ${principal.endUser ?? ''}`
}

/** Layers take turns as engines do. */
function turnOf(principal: Principal): Turn {
  return { account: accountOf(principal), later: false }
}

/** What a question is read together with. */
interface Together {
  readonly scope: string
  /** What was asked before; null when nothing was. */
  readonly before: string | null
  /** Of the question. */
  readonly excerpt: Promise<string>
  readonly turn: Turn
}

/** The gravest judgement and the text that it is about. */
interface Worst {
  readonly judgement: Judgement
  readonly text: AskedText | null
}

/** Whether a policy looks at texts at all: by the judge, or by rules of its own. */
export function judges(policy: Policy): boolean {
  return policy.judge || policy.compiled.length > 0
}

function nothing(policy: Policy): Judgement {
  return {
    outcome: 'allow',
    action: 'allow',
    hazards: [],
    scores: null,
    layer: 'none',
    policy,
    hits: [],
    decisive: null,
  }
}

/** What is said of what was refused because it could not be read, or not to its end, by the layer of the verdict. */
const notRead: Readonly<Partial<Record<string, string>>> = {
  unreadable: 'token ids cannot be judged here, send text',
  unread: 'too much of it is encoded to be judged here, send it as it reads',
}

function unreadable(policy: Policy): Judgement {
  return { ...nothing(policy), outcome: 'block', action: 'block', layer: 'unreadable' }
}

function severityOf({ scores, action }: Verdict): number {
  return scores?.harm ?? (action === 'block' ? 1 : 0.5)
}

function verdictOf(
  judgement: Judgement,
  direction: Direction,
  { entryId }: Pick<Judged, 'entryId'>,
): Verdict {
  const { outcome, action, hazards, scores, layer, policy } = judgement
  const about =
    notRead[layer] ??
    (hazards.map((hazard) => `${hazard} ${hazardNames[hazard]}`).join(', ') || 'a rule of this server')
  const notice = policy.notice.replaceAll('{hazards}', about).replaceAll('{reference}', entryId)
  return {
    outcome,
    action,
    direction,
    hazards,
    scores,
    layer,
    policy: policy.name === 'open' ? 'open' : policy.version,
    ...(action === 'block' && outcome === 'block' ? { notice } : {}),
  }
}

function unavailable(policies: readonly Policy[], direction: Direction): Verdict {
  const passes = policies.length > 0 && policies.every((policy) => policy.unavailable === 'allow')
  return {
    outcome: 'unavailable',
    action: passes ? 'allow' : 'block',
    direction,
    hazards: [],
    scores: null,
    layer: 'guard',
    policy: policies.map(({ version }) => version).join(' ') || 'none',
  }
}

function refusalOf({ action, outcome, notice, hazards }: Verdict): ElpisError | null {
  if (action !== 'block') return null
  if (outcome === 'unavailable') return elpisError('guard_unavailable')
  return elpisError('content_policy', { notice: notice ?? hazards.join(', ') })
}

async function* refused(drafted: AsyncGenerator<Part>, error: ElpisError): AsyncGenerator<Part> {
  drafted.return(undefined).catch(() => {})
  yield { type: 'error', error }
}

async function* withEnd(
  parts: AsyncGenerator<Part>,
  pace: WindowPace,
  end: () => void,
): AsyncGenerator<Part> {
  pace.begin()
  try {
    // The verdict on the whole answer stands in its entry before the part that closes the entry.
    for await (const part of parts) {
      if (part.type === 'usage' || part.type === 'error') end()
      yield part
    }
  } finally {
    pace.end()
    await parts.return(undefined)
  }
}
