import type { KeyId, KeySecret, LinkToken, OrganisationId, PersonId, SessionSecret } from '../core/ids.ts'
import type { Admission, Credentials, Principal, Role } from '../core/principal.ts'
import type { Acceptances } from './acceptances/acceptances.ts'
import type { Directory } from './directory.ts'
import type { KeyLimits } from './key-limits-schema.ts'
import type { KeyWish } from './minting.ts'
import type { Permission } from './permissions.ts'
import type { Asking } from './quotas/estimate.ts'
import type { Quotas } from './quotas/quotas.ts'
import type { PersonDoor } from './sign-in/sign-in.ts'

/** A key as it may be shown: never the key itself, never its hash. Times are epoch milliseconds. */
export interface KeyInfo {
  readonly id: KeyId
  readonly name: string
  /** The first characters of the key, enough for its owner to tell keys apart. */
  readonly prefix: string
  readonly createdAt: number
  /** Some seconds behind, since uses are written in batches; null when never used. */
  readonly lastUsedAt: number | null
  /** Null while the key works. */
  readonly revokedAt: number | null
  readonly organisationId: OrganisationId
  /** Null for a key of the organisation as a whole. */
  readonly personId: PersonId | null
  /** Most that it may do; a person's key never does more than the person. */
  readonly role: Role
  /** Of a program, not of somebody at a desk: its secret can be changed with both working meanwhile. */
  readonly service: boolean
  /** Epoch milliseconds from which on it lets nobody in; null means never. */
  readonly expiresAt: number | null
  readonly limits: KeyLimits
}

/** A route that somebody wants to use. */
export interface Door {
  readonly needs: Permission
  /** As the table of routes has it, never as it was written in a request. */
  readonly path: string
}

/** A key at its birth: the only time it is shown. */
export interface NewKey {
  readonly id: KeyId
  readonly key: KeySecret
  readonly name: string
  readonly createdAt: number
  readonly organisationId: OrganisationId
  readonly personId: PersonId | null
  readonly expiresAt: number | null
}

/** A one-time way in for a browser of the owner; `signInUrl` makes the link of it. */
export interface SignInLink {
  readonly token: LinkToken
  readonly expiresAt: number
}

/** Who a browser session belongs to. */
export type SessionPrincipal = Extract<Principal, { kind: 'session' }>

/** What a browser holds after signing in. `cookie` is the value of the cookie, shown nowhere else. */
export interface SignedIn {
  readonly cookie: SessionSecret
  readonly principal: SessionPrincipal
  /** Epoch milliseconds; the session ends then, however busy it is. */
  readonly expiresAt: number
}

/**
 * Says who is asking, and whether they may. Answers come from memory; every change is in the store before it is
 * acknowledged, and takes hold of what is running within 100 ms, also when another process made it.
 */
export interface Access {
  /**
   * A bearer, when there is one, decides alone: a wrong key beside a right cookie is refused.
   *
   * @param asking the work that it is for, if any: it must be in the scopes of the key, and what it may take is reserved
   * @throws `key_missing`, `key_invalid`, `key_expired`, `scope_refused`, `network_refused`, `rate_limited`,
   *   `quota_exceeded`, `end_user_required`,
   *   `acceptance_required`, an error of storage while the store cannot be reached.
   */
  admit(credentials: Credentials, asking?: Asking): Promise<Admission>

  /**
   * As `admit`, for a route: whoever asks must be permitted what it needs.
   *
   * @throws `not_permitted`, `scope_refused`, what `admit` throws
   */
  enter(credentials: Credentials, door: Door): Promise<Principal>

  /**
   * Tells of the name of a model whether whoever asks may ask it.
   *
   * @throws what `admit` throws without work
   */
  modelsFor(credentials: Credentials): Promise<(model: string) => boolean>

  /** @throws an error of storage while the store cannot be reached: nobody is admitted then */
  mustBeCurrent(): void

  /** Whether any key works at this moment. A bind beyond loopback needs one. */
  hasKeys(): boolean

  /**
   * @param by who makes it: a key never exceeds its minter; left out, whoever runs this server
   * @throws `key_name_invalid` when the name is empty, too long or has control characters; `beyond_minter`
   */
  createKey(name: string, wish?: KeyWish, by?: Principal): Promise<NewKey>

  /**
   * Gives a service key a new secret. The one before works on until the next rotation, or ends at once.
   *
   * @throws `key_not_service`, what `revokeKey` throws
   */
  rotateKey(which: string, keepFormer: boolean, by?: Principal): Promise<NewKey>

  /** Organisations and people. */
  readonly directory: Directory

  /** People as sign-in sees them. */
  readonly door: PersonDoor

  /** Who has accepted which licences and terms. */
  readonly acceptances: Acceptances

  /** Who may have how much. */
  readonly quotas: Quotas

  /**
   * Who is meant by an id, an e-mail address or a name that nobody else has; null when that is nobody for sure. From
   * memory, of all organisations.
   */
  named(
    kind: 'key' | 'person' | 'org',
    which: string,
  ): { readonly id: string; readonly name: string; readonly personId?: string | null } | null

  /** The keys of a person; of somebody who is none, the key that they came with. */
  ownKeys(by: Principal): Promise<readonly KeyInfo[]>

  /** All keys that `by` may see, the revoked ones too, oldest first. */
  listKeys(by?: Principal): Promise<readonly KeyInfo[]>

  /**
   * Ends a key, its sessions and what they are running.
   *
   * @param which id, display prefix or name.
   * @throws `key_not_found`, or `key_ambiguous` when several keys fit.
   */
  revokeKey(which: string, by?: Principal): Promise<KeyInfo>

  /** A way in for the owner: works once, within 15 minutes. */
  createSignInLink(): Promise<SignInLink>

  /**
   * Opens a session of 12 hours, for the owner by a link's token, for anybody else by their key.
   *
   * @throws `link_invalid` or `key_invalid`.
   */
  signIn(proof: { readonly token: string } | { readonly key: string }): Promise<SignedIn>

  /** Ends the session and what it is running; a cookie that is none is fine. */
  signOut(cookie: string): Promise<void>

  /**
   * Whose cookie this is; null when it is nobody's (any more).
   *
   * @throws an error of storage while the store cannot be reached.
   */
  sessionOf(cookie: string): SessionPrincipal | null

  /** Writes what is still to be written and stops watching the store. Does not close the store. */
  close(): Promise<void>
}

/** The link that a browser opens. The token stands in the fragment, which browsers send to nobody. */
export function signInUrl(origin: string, token: LinkToken): string {
  return `${origin}/sign-in#${token}`
}
