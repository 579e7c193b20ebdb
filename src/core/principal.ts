import type { Account, KeyId, SessionId } from './ids.ts'

/** Who is asking. Every later stage is told by this value, never by headers. */
export type Principal =
  | { readonly kind: 'key'; readonly keyId: KeyId; readonly name: string }
  /** A browser that signed in: by a key, whose fate it shares, or by the owner's one-time link (`keyId` null). */
  | {
      readonly kind: 'session'
      readonly sessionId: SessionId
      readonly keyId: KeyId | null
      readonly name: string
    }

/** What access hands out for one request. */
export interface Admission {
  readonly principal: Principal
  /** Aborted with an `ElpisError` as its reason the moment the principal loses access: ends what is running. */
  readonly revoked: AbortSignal
  /** Must be called once, however the request ends. */
  release(): void
}

/** What the edge found in a request, not yet checked. */
export interface Credentials {
  /** The value after `Bearer ` in `Authorization`, or of `x-api-key`; null when the request has neither. */
  readonly bearer: string | null
  /** The value of the session cookie; null when there is none. */
  readonly cookie: string | null
  /** Work that a key ordered earlier and that goes on without it. Made by this server only: no header says this. */
  readonly onBehalfOf?: KeyId
}

/** Whose things these are: a key's, also those made in a browser that signed in with it, or the owner's. */
export function accountOf({ keyId }: { readonly keyId: KeyId | null }): Account {
  return (keyId ?? 'owner') as string as Account
}
