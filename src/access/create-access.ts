import { noActs, type Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import type { Admission, Credentials, Principal } from '../core/principal.ts'
import type { KeyId, OrganisationId, PersonId } from '../core/ids.ts'
import { asElpisError, elpisError, type ErrorCode } from '../errors.ts'
import type { Demands } from './acceptances/acceptances.ts'
import { StoredAcceptances } from './acceptances/stored-acceptances.ts'
import type { Access, Door, KeyInfo, NewKey, SessionPrincipal, SignedIn, SignInLink } from './access.ts'
import type { Organisation } from './directory.ts'
import type { KeyLimits } from './key-limits-schema.ts'
import { noLimits, refusedAt, refusedModel, refusedNetwork } from './key-limits.ts'
import { KeyDesk } from './key-desk.ts'
import { keyNamed } from './key-names.ts'
import { LiveRoster } from './live-roster.ts'
import type { KeyWish } from './minting.ts'
import { LivePersonDoor } from './person-door.ts'
import { permits } from './permissions.ts'
import { QuotaBook, type BookParts, type Held, type Measured } from './quotas/book.ts'
import type { Asking } from './quotas/estimate.ts'
import { QuotaLedger } from './quotas/ledger.ts'
import type { Quotas } from './quotas/quotas.ts'
import { StoredQuotas } from './quotas/stored-quotas.ts'
import { notPermitted } from './reach.ts'
import { isOver } from './roster.ts'
import { hashOf, looksLikeKey } from './secrets.ts'
import { Sessions } from './sessions.ts'
import type { PersonDoor } from './sign-in/sign-in.ts'
import type { AccessStore, StoredKey } from './store.ts'
import { StoredDirectory } from './stored-directory.ts'
import { KeyUses } from './uses.ts'

export interface AccessParts {
  readonly store: AccessStore
  readonly clock: Clock
  /** What is served: tells an adapter's name from a model's, and how long its context is. */
  readonly models?: () => readonly Measured[]
  /** Of which organisations a key must name the end user that it asks for; of none when left out. */
  readonly needsEndUser?: (organisation: Organisation) => boolean
  /** What must be accepted before use; nothing when left out. */
  readonly demands?: Demands
  /** What a request costs, in billionths of the currency; nothing when left out. */
  readonly costOf?: BookParts['costOf']
  /** Where every change is recorded, as one with it; nowhere when left out. */
  readonly acts?: Acts
  /** Clears away what people left who were just removed, as far as it is not in the database. */
  readonly afterRemoval?: () => Promise<void>
}

/**
 * Loads all keys and sessions and keeps them true from then on.
 *
 * Wrong secrets are refused from memory, at the price of one hash and without touching the store: guessing 256 bits
 * needs no rate limit, and none can lock out the owner.
 */
export async function createAccess(parts: AccessParts): Promise<Access> {
  const live = new LiveRoster(parts.store, parts.clock)
  try {
    await live.load()
  } catch (error) {
    live.close()
    throw error
  }
  return new StoredAccess(parts, live)
}

/** Said of a name that is nobody's, or of several. */
const nobody: ReadonlySet<string> = new Set<ErrorCode>([
  'key_not_found',
  'key_ambiguous',
  'person_not_found',
  'organisation_not_found',
])

const noDemands: Demands = { who: 'never', documents: () => [] }

class StoredAccess implements Access {
  readonly directory: StoredDirectory
  readonly door: PersonDoor
  readonly quotas: Quotas
  readonly acceptances: StoredAcceptances
  readonly #live: LiveRoster
  readonly #desk: KeyDesk
  readonly #sessions: Sessions
  readonly #uses: KeyUses
  readonly #clock: Clock
  readonly #models: () => readonly Measured[]
  readonly #needsEndUser: NonNullable<AccessParts['needsEndUser']>
  readonly #ledger: QuotaLedger
  readonly #book: QuotaBook

  constructor(
    {
      store,
      clock,
      models = () => [],
      costOf = () => 0,
      needsEndUser = () => false,
      acts = noActs,
      demands = noDemands,
      afterRemoval = async () => {},
    }: AccessParts,
    live: LiveRoster,
  ) {
    const directory = new StoredDirectory({ store: store.directory, live, clock, acts, afterRemoval })
    this.directory = directory
    this.#live = live
    this.#uses = new KeyUses(store.keys)
    this.#desk = new KeyDesk({ store: store.keys, live, clock, directory, uses: this.#uses, acts })
    this.#sessions = new Sessions(store.sessions, live, clock)
    this.door = new LivePersonDoor(live, directory, this.#sessions)
    this.#clock = clock
    this.#models = models
    this.#needsEndUser = needsEndUser
    this.#ledger = new QuotaLedger(store.quotas, clock)
    this.#book = new QuotaBook({ ledger: this.#ledger, clock, models, costOf })
    this.#book.replace(live.quotas)
    live.onQuotas = (quotas) => this.#book.replace(quotas)
    this.quotas = new StoredQuotas({ store: store.quotas, live, clock, directory, acts })
    this.acceptances = new StoredAcceptances({ store: store.acceptances, live, clock, demands, acts })
  }

  async admit(credentials: Credentials, asking?: Asking): Promise<Admission> {
    if (asking === undefined) return this.#admit(credentials, () => null)
    let limits: KeyLimits | null = null
    const admission = this.#admit(credentials, (key) => {
      ;({ limits } = key)
      // Whoever has texts judged asks no model.
      return asking.kind === 'moderate' ? null : refusedModel(limits, asking.model, this.#models())
    })
    try {
      this.#checkEndUser(admission.principal)
      this.acceptances.check(admission.principal, asking.model)
      const held = await this.#book.hold(admission.principal, asking, limits, credentials.onQuota)
      return held === null ? admission : holding(admission, held)
    } catch (error) {
      admission.release()
      throw error
    }
  }

  async enter(credentials: Credentials, door: Door): Promise<Principal> {
    const admission = this.#admit(credentials, ({ limits }) => refusedAt(limits, door))
    admission.release()
    const { principal } = admission
    if (!permits(principal.role, door.needs)) throw notPermitted(principal, door.needs)
    return principal
  }

  async modelsFor(credentials: Credentials): Promise<(model: string) => boolean> {
    let limits = noLimits
    this.#admit(credentials, (key) => {
      ;({ limits } = key)
      return null
    }).release()
    const served = this.#models()
    return (model) => refusedModel(limits, model, served) === null
  }

  named(kind: 'key' | 'person' | 'org', which: string): ReturnType<Access['named']> {
    const roster = this.#live.current
    const { registry } = roster
    try {
      switch (kind) {
        case 'key':
          return roster.keyById(which as KeyId) ?? keyNamed(which, roster.keysLike(which))
        case 'person':
          return registry.person(which as PersonId) ?? this.directory.personNamed(which)
        default:
          return registry.organisation(which as OrganisationId) ?? this.directory.organisationNamed(which)
      }
    } catch (error) {
      if (nobody.has(asElpisError(error).code)) return null
      throw error
    }
  }

  mustBeCurrent(): void {
    this.#live.mustBeCurrent()
  }

  hasKeys(): boolean {
    return this.#live.current.keyCount > 0
  }

  createKey(name: string, wish: KeyWish = {}, by?: Principal): Promise<NewKey> {
    return this.#desk.create(name, wish, by)
  }

  ownKeys(by: Principal): Promise<readonly KeyInfo[]> {
    return this.#desk.own(by)
  }

  listKeys(by?: Principal): Promise<readonly KeyInfo[]> {
    return this.#desk.list(by)
  }

  revokeKey(which: string, by?: Principal): Promise<KeyInfo> {
    return this.#desk.revoke(which, by)
  }

  rotateKey(which: string, keepFormer: boolean, by?: Principal): Promise<NewKey> {
    return this.#desk.rotate(which, keepFormer, by)
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
    await this.#ledger.close().catch(() => {})
    await this.#uses.close()
  }

  /** @param refused what stands against a key that is narrowed */
  #admit(credentials: Credentials, refused: (key: StoredKey) => Error | null): Admission {
    const { bearer, cookie, onBehalfOf } = credentials
    const roster = this.#live.current
    if (onBehalfOf !== undefined) {
      const key = roster.keyById(onBehalfOf)
      if (key === null) throw elpisError('key_revoked')
      this.#check(key, refused)
      return roster.admitKey(key, credentials)
    }
    if (bearer !== null) {
      const hash = looksLikeKey(bearer) ? hashOf(bearer) : null
      const key = hash === null ? null : roster.key(hash)
      if (key === null || hash === null) throw elpisError('key_invalid')
      this.#check(key, refused, credentials)
      this.#uses.note(key.id, this.#clock.now())
      return roster.admitKey(key, credentials, hash)
    }
    if (cookie === null) throw elpisError('key_missing')
    const session = this.#sessions.of(cookie)
    if (session === null) throw elpisError('key_invalid')
    if (session.keyId !== null) {
      const key = roster.keyById(session.keyId)
      if (key === null) throw elpisError('key_invalid')
      this.#check(key, refused, credentials)
      this.#uses.note(key.id, this.#clock.now())
    }
    return roster.admitSession(session, credentials)
  }

  /** Of a browser that signed in by a key as well: it would be a way around. */
  #checkEndUser({ keyId, organisationId, endUser }: Principal): void {
    if (keyId === null || endUser !== null) return
    const organisation = this.#live.current.registry.organisation(organisationId)
    if (organisation !== null && this.#needsEndUser(organisation)) throw elpisError('end_user_required')
  }

  /** Work that was ordered earlier comes from nowhere: it was let in where it was ordered. */
  #check(key: StoredKey, refused: (key: StoredKey) => Error | null, from?: Credentials): void {
    if (isOver(key, this.#clock.now())) throw elpisError('key_expired')
    const error = from === undefined ? null : refusedNetwork(key.limits, from.network ?? null)
    const refusal = error ?? refused(key)
    if (refusal !== null) throw refusal
  }
}

function holding(admission: Admission, held: Held): Admission {
  return {
    ...admission,
    settle: (usage) => held.settle(usage),
    release() {
      held.release()
      admission.release()
    },
  }
}
