/** Texts that are judged for their own sake: no model answers, and nothing is refused for what they say. */
import type { RequestId } from './ids.ts'
import type { GuardAction, Hazard, Scores } from './verdict.ts'

/** Stands where others name the model that they ask: in entries, usage, quotas and metrics. */
export const moderator = 'guard'

/** A text as somebody wrote it (`response` null), or what was answered to it. */
export interface ToModerate {
  readonly prompt: string
  readonly response: string | null
  /** What was said before the prompt: harm may be in it alone, or in both together. */
  readonly before?: string
}

export interface ModerationRequest {
  readonly id: RequestId
  /** Each is judged for itself. */
  readonly items: readonly ToModerate[]
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

/** What was found, and where. Offsets are UTF-16 units of the text that was judged. */
export interface Moderated {
  readonly flagged: boolean
  /** What the policy would do about it. */
  readonly action: GuardAction
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
