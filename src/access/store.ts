import type { ActLeaf } from '../core/acts.ts'
import type { ChangeListener } from '../core/changes.ts'
import type { KeyId, OrganisationId, PersonId, SessionId, Sha256 } from '../core/ids.ts'
import type { PackedRows } from '../core/packed-rows.ts'
import type { Role } from '../core/principal.ts'
import type { Acceptance, AcceptanceStore } from './acceptances/acceptances.ts'
import type { KeyInfo } from './access.ts'
import type { Organisation, Person } from './directory.ts'
import type { Quota } from './quotas/quota.ts'
import type { QuotaStore } from './quotas/store.ts'
import type { Method } from './sign-in/sign-in.ts'

/** A key as it is kept. */
export interface StoredKey extends KeyInfo {
  readonly hash: Sha256
  /** Of the secret before, which still works while a service changes over; null when there is none. */
  readonly formerHash: Sha256 | null
}

/** A key as `packedKeyColumns` have it. */
export type PackedKey = string & { readonly __row: 'key' }

/** Of the table of keys; what is looked at of every key at start stands first. */
export const packedKeyColumns = [
  'hash',
  'former_hash',
  'revoked_at',
  'id',
  'organisation_id',
  'person_id',
  'name',
  'prefix',
  'role',
  'service',
  'created_at',
  'last_used_at',
  'expires_at',
  'limits',
  'revision',
] as const

/** An organisation as it is kept. */
export interface StoredOrganisation extends Organisation {
  /** Hex; what its end users' names are hashed with. It leaves the store for nobody. */
  readonly endUserKey: string
}

/** A browser session as it is kept; the owner's has neither key nor person. */
export interface StoredSession {
  readonly id: SessionId
  readonly hash: Sha256
  readonly keyId: KeyId | null
  /** Who signed in as themselves; null for a session that was opened by a key, also by a person's. */
  readonly personId: PersonId | null
  /** How they did; null for keys and the owner. */
  readonly method: Method | null
  /** The browser, as it named itself, and where it was, for whoever looks at their sessions. */
  readonly agent: string | null
  readonly network: string | null
  readonly createdAt: number
  readonly expiresAt: number
}

/** A sign-in link that nobody has used yet. */
export interface StoredLink {
  readonly hash: Sha256
  readonly createdAt: number
  readonly expiresAt: number
}

/** A place in the order of changes; several keys may be changed as one. */
export interface KeyPlace {
  readonly revision: number
  readonly id: KeyId
}

export interface KeyPage {
  /** Each a `PackedKey`. */
  readonly keys: PackedRows
  /** Where it ends: the place that was asked for when it is empty. */
  readonly upTo: KeyPlace | null
  readonly more: boolean
}

/**
 * Every method is one transaction, done and durable when its promise resolves. An `entry` is what the log says of the
 * change: appended with it, and only where something was changed.
 */
export interface KeyStore {
  insert(key: StoredKey, entry: ActLeaf | null): Promise<void>
  /** All keys, the revoked ones too, oldest first. */
  list(): Promise<StoredKey[]>
  /** What changed after a place, in the order of the changes; from the very beginning, without what was revoked. */
  since(place: KeyPlace | null, limit: number): Promise<KeyPage>
  /** Marks the key as revoked and deletes its sessions; false when it was revoked or unknown already. */
  revoke(id: KeyId, at: number, entry: ActLeaf | null): Promise<boolean>
  /**
   * Makes `hash` the secret of a key that works, and what was its secret its former one, or none.
   *
   * @returns false when it was revoked or is unknown
   */
  rotate(
    id: KeyId,
    secret: { hash: Sha256; prefix: string; keepFormer: boolean },
    entry: ActLeaf | null,
  ): Promise<boolean>
  /** Moves `lastUsedAt` forward, never back. */
  recordUses(uses: readonly { readonly id: KeyId; readonly at: number }[]): Promise<void>
}

/** As `KeyStore`, for sessions and the links that open the owner's. */
export interface SessionStore {
  /**
   * Inserts a session and deletes those that make room for it.
   *
   * @returns false, with nothing changed, when its key is no longer valid, or its person gone.
   */
  insert(session: StoredSession, evicted: readonly SessionId[]): Promise<boolean>
  /** False when there was no such session. */
  delete(id: SessionId): Promise<boolean>
  insertLink(link: StoredLink): Promise<void>
  /**
   * Uses up a link and inserts the session it opens, as one step.
   *
   * @returns false, with nothing changed, when the link is unknown, used or expired at `now`.
   */
  redeemLink(
    link: Sha256,
    session: StoredSession,
    evicted: readonly SessionId[],
    now: number,
  ): Promise<boolean>
  /** Deletes what has expired at `now`. */
  prune(now: number): Promise<void>
}

/** Organisations and people, as `KeyStore`. Removing is final, and takes keys, sessions and what was left here along. */
export interface DirectoryStore {
  /** False, with nothing changed, when its name is taken. */
  insertOrganisation(organisation: StoredOrganisation, entry: ActLeaf | null): Promise<boolean>
  /** False when it was not there. */
  removeOrganisation(id: OrganisationId, at: number, entry: ActLeaf | null): Promise<boolean>
  /** With nothing changed: null when their organisation is gone, false when their address is taken. */
  insertPerson(person: Person, entry: ActLeaf | null): Promise<boolean | null>
  setRole(id: PersonId, role: Role, entry: ActLeaf | null): Promise<boolean>
  rename(id: PersonId, name: string, entry: ActLeaf | null): Promise<boolean>
  removePerson(id: PersonId, at: number, entry: ActLeaf | null): Promise<boolean>
}

/** What access knows besides keys: all there is, or what changed after a place. */
export interface AccessNews {
  /** Whether it is all there is. */
  readonly whole: boolean
  readonly organisations: readonly StoredOrganisation[]
  readonly people: readonly Person[]
  readonly sessions: readonly StoredSession[]
  readonly links: readonly StoredLink[]
  readonly quotas: readonly Quota[]
  /** Of everybody who accepted something since, all that they accepted. */
  readonly acceptances: readonly Acceptance[]
  /** Ids, and hashes of links, that were changed and are there no more; empty when it is all there is. */
  readonly gone: readonly string[]
  /** The number of the last change in it. */
  readonly upTo: number
}

export interface AccessNewsStore {
  /** What changed after a place, as it is now; everything when there is none, or when it cannot be told any more. */
  since(place: number | null, now: number): Promise<AccessNews>
}

/** What access needs of storage. Calls take effect and are answered in the order in which they were made. */
export interface AccessStore {
  readonly keys: KeyStore
  readonly sessions: SessionStore
  readonly directory: DirectoryStore
  readonly quotas: QuotaStore
  readonly acceptances: AcceptanceStore
  readonly accessNews: AccessNewsStore
  /** @returns a function that stops it. */
  watch(listener: ChangeListener): () => void
}
