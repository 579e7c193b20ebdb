import type { BatchId, KeyId } from '../core/ids.ts'
import type { ElpisError } from '../errors.ts'
import type { BatchEndpoint } from './store.ts'

/** A line of a batch, read: what to ask, or why nothing can be asked. */
export type BatchLine = { readonly customId: string | null } & (
  | { readonly body: unknown; readonly error?: never }
  | { readonly error: ElpisError; readonly body?: never }
)

export interface LineAnswer {
  readonly requestId: string
  readonly status: number
  readonly body: unknown
  /** Null when it went well. */
  readonly error: ElpisError | null
}

/** How a batch reaches a model: through the same doors as everybody, on behalf of the key that ordered it. */
export interface BatchDoor {
  /** Never throws. */
  read(line: Buffer | null, endpoint: BatchEndpoint): BatchLine
  /** Never throws. */
  answer(
    line: BatchLine,
    call: { readonly endpoint: BatchEndpoint; readonly keyId: KeyId; readonly signal: AbortSignal },
  ): Promise<LineAnswer>
}

/** Names one line of one batch, for as long as results are kept: so that a line is never answered twice. */
export function lineId(batch: BatchId, line: number): string {
  return `batch_req_${batch.slice('batch_'.length)}_${line}`
}

/** The line number at the end of such an id; null for anything else. */
export function lineNumberOf(id: unknown): number | null {
  const digits = typeof id === 'string' ? /_(\d{1,9})$/.exec(id)?.[1] : undefined
  return digits === undefined ? null : Number(digits)
}
