/** What the pipeline asks of each stage. The stages know nothing of each other; `server.ts` joins them. */
import type { Engine } from '../core/engine.ts'
import type { EntryId, RequestId } from '../core/ids.ts'
import type { Moderated, ToModerate } from '../core/moderation.ts'
import type { Part, Usage } from '../core/part.ts'
import type { Admission, Credentials, Principal } from '../core/principal.ts'
import type { EngineRequest, Request } from '../core/request.ts'
import type { Verdict } from '../core/verdict.ts'
import type { ElpisError } from '../errors.ts'
import type { Weights } from './share.ts'

/** What is known of a request before any work: enough to reserve a quota, to look at scopes, to open an entry. */
export interface Asking {
  readonly id: RequestId
  /** As the client named it, `model+adapter` where it named one; `guard` for what asks no model. */
  readonly model: string
  readonly kind: 'answer' | 'embed' | 'rerank' | 'tokenize' | 'moderate'
  /** The request itself, as the door made it. */
  readonly work: unknown
  /** Null for all but answers. */
  readonly request: Request | null
}

export interface AccessStage {
  /** @throws `key_missing`, `key_invalid`, what scopes, licences and quotas refuse with */
  admit(credentials: Credentials, asking?: Asking): Promise<Admission>
}

/** What standing says of somebody who may go on. */
export interface Clearance {
  readonly level: 'good' | 'warned' | 'restricted'
  /** Aborted with an `ElpisError` the moment the principal is suspended or banned. */
  readonly barred: AbortSignal
  /** Must be called once. */
  release(): void
}

export interface StandingStage {
  /** @throws `suspended`, `banned`, with a case to look up */
  clear(principal: Principal): Promise<Clearance>
}

/** Who asked what, for the guard. */
export interface Judged {
  readonly asking: Asking
  readonly principal: Principal
  readonly level: Clearance['level']
  readonly entryId: EntryId
  readonly signal: AbortSignal
}

export interface GuardStage {
  /** The policy in force for the server as a whole, as `name@version`; `open` while nothing is judged. */
  readonly policy: string
  /** Judges all that was asked. Never throws: what fails is `unavailable`, and whether that blocks is the policy's to say. */
  judgeInput(judged: Judged): Promise<Verdict>
  /**
   * Passes on what is judged and nothing else. Yields nothing before `question` is there; a block, of the question or of a
   * window, ends the answer with `content_filter` or an `error` part.
   */
  release(
    drafted: AsyncGenerator<Part>,
    question: Promise<Verdict>,
    judged: Judged & { onVerdict(verdict: Verdict, begunAt?: number): void },
  ): AsyncGenerator<Part>
  /**
   * Says of texts what it would make of them. Nothing is refused for what they say.
   *
   * @throws `guard_unavailable`, `too_many_at_once`
   */
  moderate(
    items: readonly ToModerate[],
    judged: Judged & { onVerdict(verdict: Verdict, begunAt?: number): void },
  ): Promise<readonly Moderated[]>
}

/** How an accepted request ended. */
export type Outcome =
  | { readonly type: 'finished'; readonly usage: Usage | null }
  | { readonly type: 'failed'; readonly error: ElpisError; readonly usage: Usage | null }

/** One accepted request in the log: opened before any work, closed once, however it ends. */
export interface OpenEntry {
  readonly id: EntryId
  /** @param begunAt when judging began that lasts as long as the answer does, as `performance.now()` has it */
  judged(verdict: Verdict, begunAt?: number): void
  /** Told of every part that leaves, in order. */
  released(part: Part): void
  close(outcome: Outcome): Promise<void>
}

/** How long the stages before the entry took, in milliseconds. */
export interface AdmissionTimes {
  readonly access: number
  readonly standing: number
}

export interface RecordStage {
  /** Durable when it resolves. */
  open(asking: Asking, principal: Principal, took: AdmissionTimes): Promise<OpenEntry>
}

export interface Stages {
  readonly access: AccessStage
  readonly standing: StandingStage
  readonly guard: GuardStage
  readonly record: RecordStage
  readonly engine: Pick<Engine, 'generate'> & { generate(request: EngineRequest): AsyncGenerator<Part> }
  /** Longest time from admission to the last part. */
  readonly answerSeconds: number
  /** Who gets more or less of the engine than others; all the same when left out. */
  readonly weights?: Weights
  /** Aborted with `shutting_down` when answers that still run must end now. */
  readonly shutdown: AbortSignal
}
