import type { EntryId, RequestId } from '../core/ids.ts'
import type { FinishReason, Usage } from '../core/part.ts'
import type { Verdict } from '../core/verdict.ts'

/**
 * One accepted request as monitoring knows it: times and counts, and who by ids only. No text of it is ever here. Times
 * are epoch milliseconds, from a clock that cannot go back within a request.
 */
export interface RequestFacts {
  readonly id: RequestId
  readonly entryId: EntryId
  readonly kind: 'answer' | 'embed' | 'rerank' | 'tokenize' | 'moderate'
  /** A model that is served, with its adapter; `unknown` for anything else. */
  readonly model: string
  /** The key, or `owner`. */
  readonly account: string
  readonly openedAt: number
  /** Milliseconds of each stage before that, in their order; null where nobody says. */
  readonly took: { readonly access: number; readonly standing: number; readonly record: number } | null
  /** When the question was judged; null when it was not, or not yet. */
  judgedAt: number | null
  /** When the first window of the answer was judged; null when none was. */
  outputJudgedAt: number | null
  /** Milliseconds until a model took it up; null when none did, or nobody says. */
  waitedMs: number | null
  firstTokenAt: number | null
  endedAt: number | null
  /** Milliseconds from there until its entry was sealed; null until then. */
  sealedMs: number | null
  /** Tokens that left so far. */
  tokens: number
  readonly verdicts: Verdict[]
  finishReason: FinishReason | null
  usage: Usage | null
  /** `finished`, or the code of what ended it. */
  outcome: string | null
}
