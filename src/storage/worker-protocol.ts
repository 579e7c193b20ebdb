/** What the server's thread and the storage worker say to each other. */
import type { Topic } from '../core/changes.ts'
import type { StorageFailure } from './failure.ts'

export interface StoreCall {
  readonly type: 'call'
  readonly id: number
  readonly store: string
  readonly method: string
  readonly parameters: readonly unknown[]
}

/** Ends the worker after all calls before it. */
export interface CloseCall {
  readonly type: 'close'
}

/** What was asked in one turn of the server's loop, in its order. */
export type ToWorker = readonly (StoreCall | CloseCall)[]

export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: StorageFailure }

export type FromWorker =
  | { readonly type: 'opened' }
  | { readonly type: 'not-opened'; readonly failure: StorageFailure }
  /** One commit's calls. */
  | { readonly type: 'replies'; readonly replies: readonly Reply[] }
  /** Another process changed what these cover. */
  | { readonly type: 'changed'; readonly topics: ReadonlySet<Topic> }
  /** Nothing could be read for some seconds. */
  | { readonly type: 'lost'; readonly failure: StorageFailure }

export interface WorkerSettings {
  readonly home: string
  /** The database. */
  readonly file: string
  /** Whether it is for surveys alone: it only reads, and watches nothing. */
  readonly surveys: boolean
}
