/** What the server's thread and the judge's say to each other. */
import type { Scores } from '../../core/verdict.ts'
import type { Passage } from '../scores.ts'

export interface ToJudge {
  readonly id: number
  readonly passage: Passage
}

export type FromJudge =
  | { readonly type: 'ready' }
  | { readonly type: 'scores'; readonly id: number; readonly scores: Scores }
  | { readonly type: 'failed'; readonly id: number; readonly reason: string }
