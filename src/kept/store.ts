/** What is kept for clients, and what this stage needs of storage. Times are epoch milliseconds. */
import type { Account, BatchId, FileId, KeyId, ResponseId, SubjectName } from '../core/ids.ts'

/** Who left something here. */
export interface Depositor {
  /** Whoever may open it. */
  readonly account: Account
  /** Whom it is erased with. */
  readonly subject: SubjectName
}

/** An answer that later requests can build on. */
export interface StoredResponse extends Depositor {
  readonly id: ResponseId
  /** The answer that this one builds on; null begins a conversation. */
  readonly previousId: ResponseId | null
  readonly createdAt: number
  readonly expiresAt: number
  /** Size of `content`. */
  readonly bytes: number
  /** JSON, for the door that wrote it. */
  readonly content: string
}

/** What belongs to one account is never found by another. */
export interface ResponseStore {
  /** Inserts it, and deletes the oldest of its account until no more than `mostBytes` are kept. */
  insert(response: StoredResponse, mostBytes: number): Promise<void>
  find(account: Account, id: ResponseId, now: number): Promise<StoredResponse | null>
  /**
   * An answer with all that it builds on, oldest first. Null when one of them is gone; `too-long` when they are more
   * than `bounds` allow.
   */
  chain(
    account: Account,
    id: ResponseId,
    now: number,
    bounds: { readonly links: number; readonly bytes: number },
  ): Promise<StoredResponse[] | null | 'too-long'>
  /** False when there was none. */
  delete(account: Account, id: ResponseId, now: number): Promise<boolean>
  /** Deletes what has expired at `now`. */
  prune(now: number): Promise<void>
}

export type FilePurpose = 'batch' | 'batch_output'

export interface StoredFile extends Depositor {
  readonly id: FileId
  /** As the client called it; never part of a path. */
  readonly name: string
  readonly purpose: FilePurpose
  readonly bytes: number
  readonly createdAt: number
  readonly expiresAt: number
  /** Name of the content on disk. */
  readonly blob: string
}

/** Where a page of a list begins and how long it is. */
export interface Page<Id> {
  readonly after: Id | null
  readonly limit: number
  readonly order: 'asc' | 'desc'
}

export interface FileStore {
  insert(file: StoredFile): Promise<void>
  find(account: Account, id: FileId, now: number): Promise<StoredFile | null>
  /** Null when `page.after` is unknown. */
  list(
    account: Account,
    page: Page<FileId>,
    purpose: FilePurpose | null,
    now: number,
  ): Promise<StoredFile[] | null>
  delete(account: Account, id: FileId): Promise<boolean>
  /** Of all accounts. */
  all(): Promise<StoredFile[]>
}

export type BatchStatus =
  | 'validating'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelling'
  | 'cancelled'

export type BatchEndpoint = '/v1/chat/completions' | '/v1/completions' | '/v1/embeddings' | '/v1/responses'

export interface StoredBatch {
  readonly id: BatchId
  readonly keyId: KeyId
  readonly subject: SubjectName
  readonly endpoint: BatchEndpoint
  readonly inputFile: FileId
  readonly status: BatchStatus
  readonly createdAt: number
  readonly expiresAt: number
  /** When it got each status, as it came. */
  readonly reached: Readonly<Partial<Record<BatchStatus, number>>>
  /** Lines, and what became of them. */
  readonly counts: { readonly total: number; readonly completed: number; readonly failed: number }
  /** On disk, while it runs. */
  readonly outputBlob: string
  readonly errorBlob: string
  /** Once it is over; null when there was nothing to put into them. */
  readonly outputFile: FileId | null
  readonly errorFile: FileId | null
  /** Why it failed as a whole. */
  readonly failure: { readonly code: string; readonly message: string } | null
  readonly metadata: Readonly<Record<string, string>> | null
}

export interface BatchStore {
  /** False, with nothing changed, when the key has `mostOpen` batches that are not over. */
  insert(batch: StoredBatch, mostOpen: number): Promise<boolean>
  find(keyId: KeyId, id: BatchId): Promise<StoredBatch | null>
  list(keyId: KeyId, page: Page<BatchId>): Promise<StoredBatch[] | null>
  /**
   * Writes what may change. Together with `files`, its results, so that none is there without the other.
   *
   * @returns false, with nothing written, when it was deleted: somebody was erased or removed
   */
  update(batch: StoredBatch, files?: readonly StoredFile[]): Promise<boolean>
  /** Those that are not over, of all keys, oldest first. */
  open(): Promise<StoredBatch[]>
  /** Deletes those that were made before `then` and are over. */
  prune(then: number): Promise<void>
}

/** Nothing more happens to a batch of these. */
export const overStatuses: readonly BatchStatus[] = ['completed', 'failed', 'expired', 'cancelled']

export interface KeptStores {
  readonly responses: ResponseStore
  readonly files: FileStore
  readonly batches: BatchStore
}
