import type { Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import { homeOrganisation, type Principal } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import type { KeyInfo, NewKey } from './access.ts'
import { authorOf } from './author.ts'
import { keyNamed, validName } from './key-names.ts'
import { noLimits } from './key-limits.ts'
import type { LiveRoster } from './live-roster.ts'
import { boundsOf, type KeyWish, type Minter } from './minting.ts'
import { permits } from './permissions.ts'
import { notPermitted, reaches } from './reach.ts'
import { displayPrefix, hashOf, newKeyId, newKeySecret } from './secrets.ts'
import type { KeyStore, StoredKey } from './store.ts'
import type { StoredDirectory } from './stored-directory.ts'
import type { KeyUses } from './uses.ts'

interface DeskParts {
  readonly store: KeyStore
  readonly live: LiveRoster
  readonly clock: Clock
  readonly directory: StoredDirectory
  readonly uses: KeyUses
  readonly acts: Acts
}

/** Makes, lists, changes and ends keys, within what whoever asks may do. */
export class KeyDesk {
  readonly #parts: DeskParts

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  async create(name: string, wish: KeyWish, by?: Principal): Promise<NewKey> {
    const { store, live, clock, directory, acts } = this.#parts
    const minter = this.#minter(by)
    const now = clock.now()
    const person = this.#personOf(wish, by, minter)
    const organisation = directory.organisationNamed(
      wish.organisation ?? person?.organisationId ?? by?.organisationId ?? homeOrganisation,
      by,
    )
    if (person !== null && person.organisationId !== organisation.id)
      throw elpisError('person_not_found', { person: wish.person ?? person.id })
    const key = newKeySecret()
    const stored: StoredKey = {
      id: newKeyId(),
      name: validName(name),
      prefix: displayPrefix(key),
      hash: hashOf(key),
      formerHash: null,
      createdAt: now,
      lastUsedAt: null,
      revokedAt: null,
      organisationId: organisation.id,
      personId: person?.id ?? null,
      service: wish.service ?? false,
      ...boundsOf(wish, minter, now),
    }
    const { id, organisationId, personId, role, service, expiresAt } = stored
    const act = {
      kind: 'key-created',
      by: authorOf(by),
      about: id,
      details: { organisation: organisationId, person: personId, role, service, expires: expiresAt },
    } as const
    await acts.within(act, (entry) => store.insert(stored, entry))
    live.change((roster) => roster.addKey(stored))
    return newKey(stored, key)
  }

  async list(by?: Principal): Promise<readonly KeyInfo[]> {
    return (await this.#visible(by)).map((key) => this.#infoOf(key))
  }

  async own(by: Principal): Promise<readonly KeyInfo[]> {
    const keys = await this.#parts.store.list()
    return keys.filter((key) => isOwn(by, key)).map((key) => this.#infoOf(key))
  }

  async revoke(which: string, by?: Principal): Promise<KeyInfo> {
    const { store, live, clock, acts } = this.#parts
    const key = keyNamed(which, await this.#changeable(by))
    const act = {
      kind: 'key-revoked',
      by: authorOf(by),
      about: key.id,
      details: { organisation: key.organisationId },
    } as const
    const revokedAt = clock.now()
    const byUs = await acts.within(act, (entry) => store.revoke(key.id, revokedAt, entry))
    // Also when another process was faster: what is running here must end either way.
    live.change((roster) => roster.removeKey(key.id))
    if (!byUs) throw elpisError('key_not_found', { key: which })
    return { ...this.#infoOf(key), revokedAt }
  }

  async rotate(which: string, keepFormer: boolean, by?: Principal): Promise<NewKey> {
    const { store, live, acts } = this.#parts
    const stored = keyNamed(which, await this.#changeable(by))
    if (!stored.service) throw elpisError('key_not_service', { key: stored.name })
    // Whoever gives it a secret could use it.
    if (by !== undefined) this.#mustCover(stored, by)
    const key = newKeySecret()
    const secret = { hash: hashOf(key), prefix: displayPrefix(key) }
    const act = {
      kind: 'key-rotated',
      by: authorOf(by),
      about: stored.id,
      details: { organisation: stored.organisationId, keeps_former: keepFormer },
    } as const
    const byUs = await acts.within(act, (entry) => store.rotate(stored.id, { ...secret, keepFormer }, entry))
    if (!byUs) throw elpisError('key_not_found', { key: which })
    const changed = { ...stored, ...secret, formerHash: keepFormer ? stored.hash : null }
    live.change((roster) => roster.addKey(changed))
    return newKey(changed, key)
  }

  async #visible(by: Principal | undefined): Promise<readonly StoredKey[]> {
    const keys = await this.#parts.store.list()
    if (by === undefined) return keys
    const all = permits(by.role, 'keys.read')
    return keys.filter((key) => (all ? reaches(by, key.organisationId) : isOwn(by, key)))
  }

  async #changeable(by: Principal | undefined): Promise<readonly StoredKey[]> {
    const keys = await this.#visible(by)
    if (by === undefined || permits(by.role, 'keys.write')) return keys
    return keys.filter((key) => isOwn(by, key))
  }

  /** @throws `beyond_minter` */
  #mustCover({ role, expiresAt, limits, service }: StoredKey, by: Principal): void {
    const bounds = boundsOf({ role, expiresAt, limits, service }, this.#minter(by), 0)
    // What the key leaves open and its minter does not would have been narrowed.
    if (JSON.stringify(bounds) !== JSON.stringify({ role, expiresAt, limits }))
      throw elpisError('beyond_minter', { what: 'a key that may do more' })
  }

  #infoOf(key: StoredKey): KeyInfo {
    const { hash: _hash, formerHash: _formerHash, ...info } = key
    return { ...info, lastUsedAt: this.#parts.uses.lastUse(key) }
  }

  /** Null for whoever sits at the machine. */
  #minter(by: Principal | undefined): Minter | null {
    if (by === undefined) return null
    const key = by.keyId === null ? null : this.#parts.live.current.keyById(by.keyId)
    if (by.keyId !== null && key === null) throw elpisError('key_invalid')
    return {
      organisationId: by.organisationId,
      personId: by.personId,
      role: by.role,
      expiresAt: key?.expiresAt ?? null,
      limits: key?.limits ?? noLimits,
      manages: permits(by.role, 'keys.write'),
    }
  }

  #personOf({ person, organisation }: KeyWish, by: Principal | undefined, minter: Minter | null) {
    const { directory } = this.#parts
    if (minter === null || minter.manages) {
      if (person !== undefined) return directory.personNamed(person, by)
      // Whoever manages makes keys of the organisation as a whole; their own they ask for by name.
      return null
    }
    const other = person !== undefined && person !== by?.personId
    if (by === undefined || by.personId === null || other || organisation !== undefined)
      throw by === undefined ? elpisError('key_invalid') : notPermitted(by, 'keys.write')
    return directory.personNamed(by.personId)
  }
}

function isOwn(by: Principal, key: StoredKey): boolean {
  if (key.organisationId !== by.organisationId) return false
  return by.personId === null ? key.id === by.keyId : key.personId === by.personId
}

function newKey(stored: StoredKey, key: NewKey['key']): NewKey {
  const { id, name, createdAt, organisationId, personId, expiresAt } = stored
  return { id, key, name, createdAt, organisationId, personId, expiresAt }
}
