import { timingSafeEqual } from 'node:crypto'
import type { KeyId, SessionId, Sha256 } from '../core/ids.ts'
import type { Admission, Credentials } from '../core/principal.ts'
import { elpisError, type ElpisError } from '../errors.ts'
import type { SessionPrincipal } from './access.ts'
import { ownerOfHome, Registry, type DirectoryChange } from './registry.ts'
import { keyIn, ownerIn, secretsIn } from './packed-key.ts'
import type { AccessNews, PackedKey, StoredKey, StoredLink, StoredSession } from './store.ts'

/** What a request says of where it comes from and for whom it asks. */
type Circumstances = Pick<Credentials, 'network' | 'endUser' | 'device'>

/** A key or session that may be let in, and its running requests. */
interface Member<Stored> {
  stored: Stored
  /** Each request with the hash of the secret that let it in; null while none runs, since most keys are idle. */
  running: Map<AbortController, Sha256> | null
}

/** All keys and sessions in memory, by the hash of their secret. When one is removed, its running requests end. */
export class Roster {
  readonly registry = new Registry()
  readonly #keys = new Map<Sha256, KeyId>()
  /** A key stays packed, as the store gave it, until a request uses it: most of many keys are idle. */
  readonly #keysById = new Map<KeyId, PackedKey | Member<StoredKey>>()
  readonly #sessions = new Map<Sha256, Member<StoredSession>>()
  readonly #links = new Map<Sha256, StoredLink>()

  /** Those whose id, prefix or name this may be, and perhaps others. */
  keysLike(which: string): StoredKey[] {
    const texts = [which, which.normalize('NFC')]
    return [...this.#keysById.values()].flatMap((kept) => {
      if (typeof kept !== 'string') return [kept.stored]
      return texts.some((text) => kept.includes(text)) ? [keyIn(kept)] : []
    })
  }

  get keyCount(): number {
    return this.#keysById.size
  }

  key(hash: Sha256): StoredKey | null {
    const id = this.#keys.get(hash)
    const stored = id === undefined ? null : this.keyById(id)
    if (stored === null) return null
    return same(stored.hash, hash) || (stored.formerHash !== null && same(stored.formerHash, hash))
      ? stored
      : null
  }

  keyById(id: KeyId): StoredKey | null {
    return this.#member(id)?.stored ?? null
  }

  session(hash: Sha256, now: number): StoredSession | null {
    const session = this.#sessions.get(hash)?.stored
    if (session === undefined || !same(session.hash, hash) || session.expiresAt <= now) return null
    if (session.personId !== null && this.registry.person(session.personId) === null) return null
    if (session.keyId === null) return session
    const key = this.keyById(session.keyId)
    return key !== null && !isOver(key, now) ? session : null
  }

  hasLink(hash: Sha256, now: number): boolean {
    const link = this.#links.get(hash)
    return link !== undefined && link.expiresAt > now
  }

  /** Sessions of a key, of a person, or of the owner for neither, oldest first. */
  sessionsOf({ keyId, personId }: Pick<StoredSession, 'keyId' | 'personId'>): StoredSession[] {
    return [...this.#sessions.values()].flatMap(({ stored }) =>
      stored.keyId === keyId && stored.personId === personId ? [stored] : [],
    )
  }

  principalOf({ id, keyId, personId }: StoredSession, circumstances: Circumstances = {}): SessionPrincipal {
    const key = keyId === null ? null : this.keyById(keyId)
    const person = personId === null ? null : this.registry.person(personId)
    if ((key === null && keyId !== null) || (person === null && personId !== null))
      throw elpisError('key_invalid')
    const whose = key ?? (person === null ? ownerOfHome : { ...person, personId })
    const identity = this.registry.identityOf(whose, circumstances)
    if (identity === null) throw elpisError('key_invalid')
    return { ...identity, kind: 'session', sessionId: id, keyId, name: key?.name ?? person?.name ?? 'owner' }
  }

  /**
   * Lets a key's request run until it is released or the key leaves.
   *
   * @param hash of the secret that was shown; left out for work that the key ordered earlier
   * @throws `key_invalid` when its organisation or person is gone
   */
  admitKey(key: StoredKey, circumstances: Circumstances, hash: Sha256 = key.hash): Admission {
    const identity = this.registry.identityOf(key, circumstances)
    if (identity === null) throw elpisError('key_invalid')
    return admission(this.#member(key.id), hash, {
      ...identity,
      kind: 'key',
      keyId: key.id,
      name: key.name,
    })
  }

  admitSession(session: StoredSession, circumstances: Circumstances): Admission {
    return admission(this.#sessions.get(session.hash), session.hash, this.principalOf(session, circumstances))
  }

  /** As `addKey`, for a key as the store handed it over. */
  takeKey(row: PackedKey): void {
    const { id, hash, formerHash } = secretsIn(row)
    if (this.#keysById.has(id)) return this.addKey(keyIn(row))
    this.#keysById.set(id, row)
    this.#keys.set(hash, id)
    if (formerHash !== null) this.#keys.set(formerHash, id)
  }

  /** Also what it has become: what was let in by a secret that works no more ends. */
  addKey(stored: StoredKey): void {
    const member = this.#member(stored.id) ?? { stored, running: null }
    if (member.stored !== stored) this.#forgetSecrets(member.stored)
    member.stored = stored
    this.#keysById.set(stored.id, member)
    this.#keys.set(stored.hash, stored.id)
    if (stored.formerHash !== null) this.#keys.set(stored.formerHash, stored.id)
    // An error costs its stack: with many keys, most of which run nothing, that is most of the time this takes.
    if (member.running !== null)
      end(member, elpisError('key_revoked'), (hash) => hash !== stored.hash && hash !== stored.formerHash)
  }

  addSession(stored: StoredSession): void {
    if (!this.#sessions.has(stored.hash)) this.#sessions.set(stored.hash, { stored, running: null })
  }

  addLink(stored: StoredLink): void {
    this.#links.set(stored.hash, stored)
  }

  /** The sessions made from a key go with it. */
  removeKey(id: KeyId): void {
    const kept = this.#keysById.get(id)
    if (kept === undefined) return
    this.#keysById.delete(id)
    this.#forgetSecrets(typeof kept === 'string' ? secretsIn(kept) : kept.stored)
    if (typeof kept !== 'string') end(kept, elpisError('key_revoked'))
    this.removeSessions(this.sessionsOf({ keyId: id, personId: null }).map((session) => session.id))
  }

  /** Takes over what became of organisations and people; whose standing it changes, what they are running ends. */
  changeDirectory(change: DirectoryChange): void {
    const changed = this.registry.change(change)
    if (changed.size === 0) return
    for (const [id, kept] of this.#keysById) {
      const { organisationId, personId } = ownerOf(kept)
      if (!changed.has(organisationId) && (personId === null || !changed.has(personId))) continue
      const key = this.keyById(id)
      if (key !== null && this.registry.identityOf(key, {}) === null) this.removeKey(id)
    }
    this.#endOf(changed)
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

  /** Takes over what the store says of all but keys; those who stay keep what they are running. */
  take(news: AccessNews, now: number): void {
    const { organisations, people, sessions, links } = news
    this.expire(now)
    const gone = new Set(news.whole ? this.#othersThan(news) : news.gone)
    this.changeDirectory({ organisations, people, gone })
    if (gone.size > 0) {
      const theirs = [...this.#sessions.values()].map(({ stored }) => stored.id)
      this.removeSessions(theirs.filter((id) => gone.has(id)))
      for (const hash of this.#links.keys()) if (gone.has(hash)) this.#links.delete(hash)
    }
    for (const session of sessions) this.addSession(session)
    for (const link of links) this.addLink(link)
  }

  /** Whom it does not name of those who are here. */
  #othersThan({ organisations, people, sessions, links }: AccessNews): string[] {
    const named = new Set<string>([
      ...[...organisations, ...people, ...sessions].map(({ id }) => id),
      ...links.map(({ hash }) => hash),
    ])
    const here = [
      ...[...this.registry.organisations, ...this.registry.people].map(({ id }) => id),
      ...[...this.#sessions.values()].map(({ stored }) => stored.id),
      ...this.#links.keys(),
    ]
    return here.filter((id) => !named.has(id))
  }

  /** Ends everything that anybody is running. */
  endAll(error: ElpisError): void {
    for (const kept of this.#keysById.values()) if (typeof kept !== 'string') end(kept, error)
    for (const member of this.#sessions.values()) end(member, error)
  }

  #endOf(people: ReadonlySet<string>): void {
    for (const [id, kept] of this.#keysById) {
      const { personId } = ownerOf(kept)
      if (personId === null || !people.has(personId)) continue
      if (typeof kept !== 'string') end(kept, elpisError('role_changed'))
      for (const session of this.#sessions.values())
        if (session.stored.keyId === id) end(session, elpisError('role_changed'))
    }
    for (const [hash, session] of this.#sessions) {
      const { personId } = session.stored
      if (personId === null || !people.has(personId)) continue
      this.#sessions.delete(hash)
      end(session, elpisError('role_changed'))
    }
  }

  #member(id: KeyId): Member<StoredKey> | undefined {
    const kept = this.#keysById.get(id)
    if (typeof kept !== 'string') return kept
    const member = { stored: keyIn(kept), running: null }
    this.#keysById.set(id, member)
    return member
  }

  #forgetSecrets({ hash, formerHash }: Pick<StoredKey, 'hash' | 'formerHash'>): void {
    this.#keys.delete(hash)
    if (formerHash !== null) this.#keys.delete(formerHash)
  }
}

function ownerOf(kept: PackedKey | Member<StoredKey>): Pick<StoredKey, 'organisationId' | 'personId'> {
  return typeof kept === 'string' ? ownerIn(kept) : kept.stored
}

/** Whether it has expired. What it runs then may finish: it was let in in time. */
export function isOver({ expiresAt }: StoredKey, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

/** The map's own comparison is of hashes, which tell nothing of the secret; the last word is in constant time. */
function same(one: Sha256, other: Sha256): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}

function admission(
  member: Member<StoredKey> | Member<StoredSession> | undefined,
  hash: Sha256,
  principal: Admission['principal'],
): Admission {
  if (member === undefined) throw new Error('Only who is on the roster can be admitted.')
  const controller = new AbortController()
  const running = (member.running ??= new Map())
  running.set(controller, hash)
  return {
    principal,
    revoked: controller.signal,
    settle: () => {},
    release: () => {
      running.delete(controller)
      if (running.size === 0 && member.running === running) member.running = null
    },
  }
}

function end(
  member: Member<unknown>,
  error: ElpisError,
  which: (hash: Sha256) => boolean = () => true,
): void {
  for (const [controller, hash] of member.running ?? []) {
    if (!which(hash)) continue
    member.running?.delete(controller)
    controller.abort(error)
  }
}
