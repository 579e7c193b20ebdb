/** What the server's thread and the judge's threads say to each other. */
import type { Scores } from '../../core/verdict.ts'
import type { Passage } from '../scores.ts'
import type { SharedJudge } from './model.ts'

/** What a thread is begun with. */
export interface JudgeThreadData {
  /** Which one it is, of how many. */
  readonly thread: number
  readonly threads: number
  /** What the first one loaded; null for the first one. */
  readonly shared: SharedJudge | null
}

export interface ToJudge {
  readonly id: number
  readonly passage: Passage
}

export type FromJudge =
  | { readonly type: 'ready'; readonly shared: SharedJudge | null }
  | { readonly type: 'scores'; readonly id: number; readonly scores: Scores }
  | { readonly type: 'failed'; readonly id: number; readonly reason: string }
