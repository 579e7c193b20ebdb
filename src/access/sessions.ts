import type { Clock } from '../core/clock.ts'
import { elpisError } from '../errors.ts'
import type { SessionPrincipal, SignedIn, SignInLink } from './access.ts'
import type { LiveRoster } from './live-roster.ts'
import {
  hashOf,
  looksLikeKey,
  looksLikeToken,
  newLinkToken,
  newSessionId,
  newSessionSecret,
} from './secrets.ts'
import type { PersonSession } from './sign-in/sign-in.ts'
import type { SessionStore, StoredKey, StoredSession } from './store.ts'

const sessionMilliseconds = 12 * 60 * 60 * 1000
const linkMilliseconds = 15 * 60 * 1000
/** Sessions that one key, person, or the owner, may have open; the oldest makes room for the next. Bounds memory. */
const mostSessions = 32

/** Browsers: how they come in, and how they leave. */
export class Sessions {
  readonly #store: SessionStore
  readonly #live: LiveRoster
  readonly #clock: Clock

  constructor(store: SessionStore, live: LiveRoster, clock: Clock) {
    this.#store = store
    this.#live = live
    this.#clock = clock
  }

  async createLink(): Promise<SignInLink> {
    const token = newLinkToken()
    const createdAt = this.#clock.now()
    const link = { hash: hashOf(token), createdAt, expiresAt: createdAt + linkMilliseconds }
    await this.#prune()
    await this.#store.insertLink(link)
    this.#live.change((roster) => roster.addLink(link))
    return { token, expiresAt: link.expiresAt }
  }

  async signInByLink(token: string): Promise<SignedIn> {
    const now = this.#clock.now()
    const hash = looksLikeToken(token) ? hashOf(token) : null
    if (hash === null || !this.#live.current.hasLink(hash, now)) throw elpisError('link_invalid')
    return await this.#open({}, async (session, evicted) => {
      const redeemed = await this.#store.redeemLink(hash, session, evicted, now)
      this.#live.change((roster) => roster.removeLink(hash))
      if (!redeemed) throw elpisError('link_invalid')
    })
  }

  async signInByKey(text: string): Promise<SignedIn> {
    const key = this.#keyOf(text)
    if (key === null) throw elpisError('key_invalid')
    return await this.#open({ keyId: key.id }, async (session, evicted) => {
      if (!(await this.#store.insert(session, evicted))) throw elpisError('key_invalid')
    })
  }

  async signInAsPerson({ personId, method, visitor, inPlaceOf }: PersonSession): Promise<SignedIn> {
    const times =
      inPlaceOf === undefined ? {} : { createdAt: inPlaceOf.createdAt, expiresAt: inPlaceOf.expiresAt }
    return await this.#open({ personId, method, ...visitor, ...times }, async (session, evicted) => {
      if (!(await this.#store.insert(session, evicted))) throw elpisError('key_invalid')
    })
  }

  async end(sessions: readonly StoredSession[]): Promise<void> {
    for (const { id } of sessions) {
      await this.#store.delete(id)
      this.#live.change((roster) => roster.removeSessions([id]))
    }
  }

  async signOut(cookie: string): Promise<void> {
    const session = this.of(cookie)
    if (session !== null) await this.end([session])
  }

  /** The session that this cookie opens, while it lasts. */
  of(cookie: string): StoredSession | null {
    return looksLikeToken(cookie) ? this.#live.current.session(hashOf(cookie), this.#clock.now()) : null
  }

  principalOf(session: StoredSession): SessionPrincipal {
    return this.#live.current.principalOf(session)
  }

  #keyOf(text: string): StoredKey | null {
    return looksLikeKey(text) ? this.#live.current.key(hashOf(text)) : null
  }

  async #open(
    whose: Partial<Omit<StoredSession, 'id' | 'hash'>>,
    insert: (session: StoredSession, evicted: StoredSession['id'][]) => Promise<void>,
  ): Promise<SignedIn> {
    await this.#prune()
    const cookie = newSessionSecret()
    const hash = hashOf(cookie)
    const now = this.#clock.now()
    const session: StoredSession = {
      id: newSessionId(),
      hash,
      keyId: null,
      personId: null,
      method: null,
      agent: null,
      network: null,
      createdAt: now,
      expiresAt: now + sessionMilliseconds,
      ...whose,
    }
    const open = this.#live.current.sessionsOf(session)
    const evicted = open.slice(0, Math.max(0, open.length + 1 - mostSessions)).map(({ id }) => id)
    await insert(session, evicted)
    this.#live.change((roster) => {
      roster.removeSessions(evicted)
      roster.addSession(session)
    })
    // Its key or person may have gone between the store's answer and this line.
    if (this.#live.current.session(hash, now) === null) throw elpisError('key_invalid')
    return { cookie, principal: this.principalOf(session), expiresAt: session.expiresAt }
  }

  async #prune(): Promise<void> {
    const now = this.#clock.now()
    this.#live.current.expire(now)
    await this.#store.prune(now)
  }
}
