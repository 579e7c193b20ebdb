/** Entries of requests: opened before any work, closed once, however the answer ends. */
import type { Clock } from '../core/clock.ts'
import type { EntryId, RequestId } from '../core/ids.ts'
import type { Part, Usage } from '../core/part.ts'
import { accountOf, subjectName, subjectOf, type Principal } from '../core/principal.ts'
import type { Request } from '../core/request.ts'
import type { Verdict } from '../core/verdict.ts'
import type { ElpisError } from '../errors.ts'
import { recordedForm, type RecordedGuard } from './answer-record.ts'
import { canonical, Written } from './canonical.ts'
import { newEntryId } from './entry-id.ts'
import type { Contents } from './contents.ts'
import { HmacKey } from '../core/hmac.ts'
import type { Journal } from './journal.ts'
import { requestLeaf, shortened, type Draft, type RequestEntry } from './log-entry.ts'
import { Released } from './released.ts'
import type { OpenRow } from './store.ts'
import { commit, type SubjectKey, type SubjectKeys } from './subject-keys.ts'

/** A request as it is accepted. */
export interface Opening {
  readonly id: RequestId
  readonly model: string
  readonly kind: 'answer' | 'embed' | 'rerank' | 'tokenize' | 'moderate'
  readonly work: unknown
  readonly request: Request | null
}

/** How it ended. */
export type Closing =
  | { readonly type: 'finished'; readonly usage: Usage | null }
  | { readonly type: 'failed'; readonly error: ElpisError; readonly usage: Usage | null }

/** The digests of what a name stands for, and what computes it; null where nobody knows. */
export type Digests = (model: string) => {
  readonly weights: string | null
  readonly adapter: string | null
  readonly build?: string | null
  readonly layout?: string | null
}

interface RecordParts {
  readonly journal: Journal
  readonly subjects: SubjectKeys
  readonly clock: Clock
  readonly contents: Contents
  readonly replica: string
  readonly policy: () => string
  readonly guard: () => RecordedGuard | null
  readonly digests: Digests
}

/**
 * The stage that opens an entry before any work and closes it once. It writes to the journal; texts go to `contents`,
 * encrypted.
 */
export function recordStage(parts: RecordParts) {
  return {
    /** @throws `audit_unavailable` */
    async open(asking: Opening, principal: Principal): Promise<OpenRequest> {
      const { journal, subjects, clock, replica, contents, digests, guard } = parts
      const opened = clock.now()
      const id = newEntryId(opened)
      const subject = subjectName(subjectOf(principal))
      const key = await subjects.of(subject)
      const salt = new HmacKey(key.salt(id))
      const settings = settingsOf(asking)
      const draft = draftOf({ id, asking, settings, principal, key, salt, opened }, parts)
      const row = { id, replica, account: accountOf(principal), subject, draft: canonical(draft) }
      await journal.open(row)
      const place = () => {
        const { build = null, layout = null } = digests(asking.model)
        return { build, layout, guard: guard() }
      }
      return new OpenRequest({ row, draft, settings, key, salt, journal, clock, contents, asking, place })
    },
  }
}

interface Accepted {
  readonly id: EntryId
  readonly asking: Opening
  /** Canonical JSON. */
  readonly settings: string
  readonly principal: Principal
  readonly key: SubjectKey
  readonly salt: HmacKey
  readonly opened: number
}

function draftOf(
  { id, asking, settings, principal, key, salt, opened }: Accepted,
  { subjects, policy, digests }: RecordParts,
): Draft {
  const { weights, adapter } = digests(asking.model)
  return {
    type: 'request',
    id,
    request: asking.id,
    kind: asking.kind,
    model: shortened(asking.model),
    weights,
    adapter,
    policy: shortened(policy()),
    organisation: subjects.organisation(principal.organisationId),
    who: key.pseudonym,
    opened,
    prompt: commit(salt, 'prompt', promptOf(asking)),
    settings: commit(salt, 'settings', settings),
  }
}

/** What was asked, as canonical JSON. */
export function promptOf({ request, work }: Pick<Opening, 'request' | 'work'>): string {
  if (request !== null) return canonical(request.input)
  const { id: _id, model: _model, signal: _signal, ...rest } = work as Record<string, unknown>
  return canonical(rest)
}

/** How it was to be answered, as canonical JSON. */
export function settingsOf({ request }: Pick<Opening, 'request'>): string {
  if (request === null) return canonical(null)
  const { sampling, choices, maxTokens, stop, ignoreEos, topLogprobs, reasoning } = request
  const logitBias = [...sampling.logitBias].toSorted(([one], [other]) => one - other)
  return canonical({
    sampling: { ...sampling, logitBias },
    choices,
    maxTokens,
    stop,
    ignoreEos,
    topLogprobs,
    ...recordedForm(request),
    reasoning,
  })
}

interface OpenParts {
  readonly row: OpenRow
  readonly draft: Draft
  /** Canonical JSON. */
  readonly settings: string
  readonly key: SubjectKey
  readonly salt: HmacKey
  readonly journal: Journal
  readonly clock: Clock
  readonly contents: Contents
  readonly asking: Opening
  /** What computes the model, now that it was loaded, how its cache is laid out, and what judges. */
  readonly place: () => {
    readonly build: string | null
    readonly layout: string | null
    readonly guard: RecordedGuard | null
  }
}

/** One request that is being answered. */
class OpenRequest {
  readonly id: EntryId
  readonly #parts: OpenParts
  readonly #released = new Released()
  #inputVerdict: Verdict | null = null
  #outputVerdict: Verdict | null = null

  constructor(parts: OpenParts) {
    this.#parts = parts
    this.id = parts.row.id
  }

  judged(verdict: Verdict): void {
    if (verdict.direction === 'input') this.#inputVerdict = graver(this.#inputVerdict, verdict)
    else this.#outputVerdict = graver(this.#outputVerdict, verdict)
  }

  released(part: Part): void {
    this.#released.add(part)
  }

  async close(outcome: Closing): Promise<void> {
    const { row, draft, key, salt, journal, clock, contents, asking } = this.#parts
    const output = this.#released.text()
    const record = this.#record(output)
    const entry: RequestEntry = {
      ...draft,
      closed: Math.max(clock.now(), draft.opened),
      outcome: outcome.type,
      error: outcome.type === 'failed' ? outcome.error.code : null,
      output: output === null ? null : commit(salt, 'output', output),
      record: record === null ? null : commit(salt, 'record', record),
      input_verdict: verdictOf(this.#inputVerdict),
      output_verdict: verdictOf(this.#outputVerdict),
      usage: usageOf(outcome.usage),
    }
    const verdicts = [this.#inputVerdict, this.#outputVerdict]
    const flagged = verdicts.some((verdict) => verdict !== null && verdict.action !== 'allow')
    await Promise.all([
      journal.close(requestLeaf(row, entry)),
      contents.keep(
        { id: this.id, subject: row.subject, key, flagged },
        () => record ?? canonical({ prompt: new Written(promptOf(asking)), settings: null, output: null }),
      ),
    ])
  }

  /** What determined the answer, as canonical JSON; null for what is no answer. */
  #record(output: string | null): string | null {
    const { draft, asking, settings, place } = this.#parts
    if (asking.request === null) return null
    return canonical({
      entry: draft.id,
      opened: draft.opened,
      model: draft.model,
      weights: draft.weights,
      adapter: draft.adapter,
      ...place(),
      prompt: new Written(promptOf(asking)),
      settings: new Written(settings),
      output: output === null ? null : new Written(output),
      tokens: this.#released.tokens(),
      windows: this.#released.windows(),
    })
  }
}

/** The entry of a request whose server died. */
export function interrupted(draft: Draft, now: number): RequestEntry {
  return {
    ...draft,
    closed: Math.max(now, draft.opened),
    outcome: 'interrupted',
    error: null,
    output: null,
    record: null,
    input_verdict: null,
    output_verdict: null,
    usage: null,
  }
}

const gravity = ['allow', 'flag', 'review', 'redact', 'block'] as const

/** Windows are judged one by one; the entry keeps the worst that was found. */
function graver(before: Verdict | null, verdict: Verdict): Verdict {
  const weight = ({ action, outcome }: Verdict) => gravity.indexOf(action) + (outcome === 'allow' ? 0 : 10)
  return before !== null && weight(before) >= weight(verdict) ? before : verdict
}

const mostHazards = 6

function verdictOf(verdict: Verdict | null): RequestEntry['input_verdict'] {
  if (verdict === null) return null
  const { outcome, action, hazards, layer, policy } = verdict
  return {
    outcome,
    action,
    hazards: hazards.slice(0, mostHazards),
    layer: layer.slice(0, 40).toWellFormed(),
    policy: policy.slice(0, 60).toWellFormed(),
  }
}

function usageOf(usage: Usage | null): RequestEntry['usage'] {
  if (usage === null) return null
  const { promptTokens, cachedTokens, outputTokens, reasoningTokens, estimated } = usage
  return {
    prompt: promptTokens,
    cached: cachedTokens,
    output: outputTokens,
    reasoning: reasoningTokens,
    estimated: estimated === true,
  }
}
