import { timingSafeEqual } from 'node:crypto'
import type { KeyId, SessionId, Sha256 } from '../core/ids.ts'
import { homeOrganisation, type Admission } from '../core/principal.ts'
import { elpisError, type ElpisError } from '../errors.ts'
import type { SessionPrincipal } from './access.ts'
import type { StoredKey, StoredLink, StoredSession } from './store.ts'

const ofHome = { organisationId: homeOrganisation, personId: null, endUser: null, network: null } as const

/** Somebody who may be let in, and what they are running. */
interface Member<Stored> {
  readonly stored: Stored
  readonly running: Set<AbortController>
}

/** Everything that the store knows, as of one moment. */
export interface Snapshot {
  readonly keys: readonly StoredKey[]
  readonly sessions: readonly StoredSession[]
  readonly links: readonly StoredLink[]
}

/** Who may be let in, in memory, by the hash of their secret. Whoever leaves it, what they are running ends. */
export class Roster {
  readonly #keys = new Map<Sha256, Member<StoredKey>>()
  readonly #keysById = new Map<KeyId, Member<StoredKey>>()
  readonly #sessions = new Map<Sha256, Member<StoredSession>>()
  readonly #links = new Map<Sha256, StoredLink>()

  get keyCount(): number {
    return this.#keys.size
  }

  key(hash: Sha256): StoredKey | null {
    return found(this.#keys, hash)?.stored ?? null
  }

  keyById(id: KeyId): StoredKey | null {
    return this.#keysById.get(id)?.stored ?? null
  }

  session(hash: Sha256, now: number): StoredSession | null {
    const session = found(this.#sessions, hash)?.stored
    if (session === undefined || session.expiresAt <= now) return null
    return session.keyId === null || this.#keysById.has(session.keyId) ? session : null
  }

  hasLink(hash: Sha256, now: number): boolean {
    const link = this.#links.get(hash)
    return link !== undefined && link.expiresAt > now
  }

  /** Sessions of a key, or of the owner for null, oldest first. */
  sessionsOf(keyId: KeyId | null): StoredSession[] {
    return [...this.#sessions.values()].flatMap(({ stored }) => (stored.keyId === keyId ? [stored] : []))
  }

  principalOf({ id, keyId }: StoredSession): SessionPrincipal {
    const name = keyId === null ? 'owner' : (this.#keysById.get(keyId)?.stored.name ?? '')
    return {
      ...ofHome,
      role: keyId === null ? 'owner' : 'member',
      kind: 'session',
      sessionId: id,
      keyId,
      name,
    }
  }

  /** Lets a key's request run until it is released or the key leaves. */
  admitKey(key: StoredKey): Admission {
    return admission(this.#keys.get(key.hash), {
      ...ofHome,
      role: 'member',
      kind: 'key',
      keyId: key.id,
      name: key.name,
    })
  }

  admitSession(session: StoredSession): Admission {
    return admission(this.#sessions.get(session.hash), this.principalOf(session))
  }

  addKey(stored: StoredKey): void {
    if (this.#keys.has(stored.hash)) return
    const member = { stored, running: new Set<AbortController>() }
    this.#keys.set(stored.hash, member)
    this.#keysById.set(stored.id, member)
  }

  addSession(stored: StoredSession): void {
    if (!this.#sessions.has(stored.hash)) this.#sessions.set(stored.hash, { stored, running: new Set() })
  }

  addLink(stored: StoredLink): void {
    this.#links.set(stored.hash, stored)
  }

  /** The sessions made from a key go with it. */
  removeKey(id: KeyId): void {
    const key = this.#keysById.get(id)
    if (key === undefined) return
    this.#keysById.delete(id)
    this.#keys.delete(key.stored.hash)
    end(key, elpisError('key_revoked'))
    this.removeSessions(this.sessionsOf(id).map((session) => session.id))
  }

  removeSessions(ids: readonly SessionId[]): void {
    const gone = new Set(ids)
    for (const [hash, session] of this.#sessions) {
      if (!gone.has(session.stored.id)) continue
      this.#sessions.delete(hash)
      end(session, elpisError('key_revoked'))
    }
  }

  removeLink(hash: Sha256): void {
    this.#links.delete(hash)
  }

  /** Forgets what has expired. What an expired session is running may finish: it was let in in time. */
  expire(now: number): void {
    for (const [hash, { stored }] of this.#sessions) if (stored.expiresAt <= now) this.#sessions.delete(hash)
    for (const [hash, { expiresAt }] of this.#links) if (expiresAt <= now) this.#links.delete(hash)
  }

  /** Becomes what the store says; those who stay keep what they are running. */
  replace(snapshot: Snapshot, now: number): void {
    this.expire(now)
    const keys = snapshot.keys.filter(({ revokedAt }) => revokedAt === null)
    const keyIds = new Set(keys.map(({ id }) => id))
    const sessionIds = new Set(snapshot.sessions.map(({ id }) => id))
    for (const id of this.#keysById.keys()) if (!keyIds.has(id)) this.removeKey(id)
    const known = [...this.#sessions.values()].map(({ stored }) => stored.id)
    this.removeSessions(known.filter((id) => !sessionIds.has(id)))
    for (const key of keys) this.addKey(key)
    for (const session of snapshot.sessions) this.addSession(session)
    this.#links.clear()
    for (const link of snapshot.links) this.addLink(link)
  }

  /** Ends everything that anybody is running. */
  endAll(error: ElpisError): void {
    for (const member of [...this.#keys.values(), ...this.#sessions.values()]) end(member, error)
  }
}

/** The map's own comparison is of hashes, which tell nothing of the secret; the last word is in constant time. */
function found<Stored extends { hash: Sha256 }>(
  members: ReadonlyMap<Sha256, Member<Stored>>,
  hash: Sha256,
): Member<Stored> | null {
  const member = members.get(hash)
  if (member === undefined) return null
  return timingSafeEqual(Buffer.from(member.stored.hash), Buffer.from(hash)) ? member : null
}

function admission(
  member: Member<StoredKey> | Member<StoredSession> | undefined,
  principal: Admission['principal'],
): Admission {
  if (member === undefined) throw new Error('Only who is on the roster can be admitted.')
  const controller = new AbortController()
  member.running.add(controller)
  return {
    principal,
    revoked: controller.signal,
    release: () => void member.running.delete(controller),
  }
}

function end(member: Member<unknown>, error: ElpisError): void {
  for (const controller of member.running) controller.abort(error)
  member.running.clear()
}
