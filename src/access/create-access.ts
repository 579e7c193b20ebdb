import type { Clock } from '../core/clock.ts'
import type { Admission, Credentials } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import type { Access, KeyInfo, NewKey, SessionPrincipal, SignedIn, SignInLink } from './access.ts'
import { keyNamed, validName } from './key-names.ts'
import { LiveRoster } from './live-roster.ts'
import { displayPrefix, hashOf, looksLikeKey, newKeyId, newKeySecret } from './secrets.ts'
import { Sessions } from './sessions.ts'
import type { AccessStore, KeyStore } from './store.ts'
import { KeyUses } from './uses.ts'

/**
 * Loads all keys and sessions and keeps them true from then on.
 *
 * Wrong secrets are refused from memory, at the price of one hash and without touching the store: guessing 256 bits
 * needs no rate limit, and none can lock out the owner.
 */
export async function createAccess(parts: { store: AccessStore; clock: Clock }): Promise<Access> {
  const live = new LiveRoster(parts.store, parts.clock)
  try {
    await live.load()
  } catch (error) {
    live.close()
    throw error
  }
  return new StoredAccess(parts.store, live, parts.clock)
}

class StoredAccess implements Access {
  readonly #keys: KeyStore
  readonly #live: LiveRoster
  readonly #sessions: Sessions
  readonly #uses: KeyUses
  readonly #clock: Clock

  constructor({ keys, sessions }: AccessStore, live: LiveRoster, clock: Clock) {
    this.#keys = keys
    this.#live = live
    this.#sessions = new Sessions(sessions, live, clock)
    this.#uses = new KeyUses(keys)
    this.#clock = clock
  }

  async admit({ bearer, cookie, onBehalfOf }: Credentials): Promise<Admission> {
    if (onBehalfOf !== undefined) {
      const key = this.#live.current.keyById(onBehalfOf)
      if (key === null) throw elpisError('key_revoked')
      return this.#live.current.admitKey(key)
    }
    if (bearer !== null) return this.#admitKey(bearer)
    if (cookie === null) throw elpisError('key_missing')
    const session = this.#sessions.of(cookie)
    if (session === null) throw elpisError('key_invalid')
    if (session.keyId !== null) this.#uses.note(session.keyId, this.#clock.now())
    return this.#live.current.admitSession(session)
  }

  hasKeys(): boolean {
    return this.#live.current.keyCount > 0
  }

  async createKey(name: string): Promise<NewKey> {
    const key = newKeySecret()
    const stored = {
      id: newKeyId(),
      name: validName(name),
      prefix: displayPrefix(key),
      hash: hashOf(key),
      createdAt: this.#clock.now(),
      lastUsedAt: null,
      revokedAt: null,
    }
    await this.#keys.insert(stored)
    this.#live.change((roster) => roster.addKey(stored))
    return { id: stored.id, key, name: stored.name, createdAt: stored.createdAt }
  }

  async listKeys(): Promise<readonly KeyInfo[]> {
    const keys = await this.#keys.list()
    return keys.map((key) => {
      const { id, name, prefix, createdAt, revokedAt } = key
      return { id, name, prefix, createdAt, lastUsedAt: this.#uses.lastUse(key), revokedAt }
    })
  }

  async revokeKey(which: string): Promise<KeyInfo> {
    const key = keyNamed(which, await this.listKeys())
    const revokedAt = this.#clock.now()
    const byUs = await this.#keys.revoke(key.id, revokedAt)
    // Also when another process was faster: what is running here must end either way.
    this.#live.change((roster) => roster.removeKey(key.id))
    if (!byUs) throw elpisError('key_not_found', { key: which })
    return { ...key, revokedAt }
  }

  createSignInLink(): Promise<SignInLink> {
    return this.#sessions.createLink()
  }

  async signIn(proof: { readonly token: string } | { readonly key: string }): Promise<SignedIn> {
    if ('token' in proof) return await this.#sessions.signInByLink(proof.token)
    const signedIn = await this.#sessions.signInByKey(proof.key)
    const { keyId } = signedIn.principal
    if (keyId !== null) this.#uses.note(keyId, this.#clock.now())
    return signedIn
  }

  signOut(cookie: string): Promise<void> {
    return this.#sessions.signOut(cookie)
  }

  sessionOf(cookie: string): SessionPrincipal | null {
    const session = this.#sessions.of(cookie)
    return session === null ? null : this.#sessions.principalOf(session)
  }

  async close(): Promise<void> {
    this.#live.close()
    await this.#uses.close()
  }

  #admitKey(bearer: string): Admission {
    const key = looksLikeKey(bearer) ? this.#live.current.key(hashOf(bearer)) : null
    if (key === null) throw elpisError('key_invalid')
    this.#uses.note(key.id, this.#clock.now())
    return this.#live.current.admitKey(key)
  }
}
