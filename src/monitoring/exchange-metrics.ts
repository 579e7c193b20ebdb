import type { RequestId } from '../core/ids.ts'
import type { Registry } from './registry.ts'

/** A request at the edge that is over. */
export interface Exchanged {
  readonly id: RequestId
  /** As in the API document; `none` when there was none. */
  readonly route: string
  readonly method: string
  readonly status: number
  /** The code of the error that it ended with; null when it ended well. */
  readonly code: string | null
  /** Whose it was: a key, or `owner`; null when it was nobody's who is known. */
  readonly account: string | null
  /** Bytes that left, headers included. */
  readonly sentBytes: number
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Counts one finished HTTP exchange. Unknown methods count as `other`, so that clients cannot make new series. */
export function countExchange(
  registry: Registry,
  { route, method, status, code, sentBytes }: Exchanged,
): void {
  registry.count('elpis_http_requests_total', {
    route,
    method: knownMethods.has(method) ? method : 'other',
    status: String(status),
  })
  registry.count('elpis_http_sent_bytes_total', { route }, sentBytes)
  if (code !== null) registry.count('elpis_http_refusals_total', { code })
}
