import { noActs, type Acts } from '../../core/acts.ts'
import type { Clock } from '../../core/clock.ts'
import type { PersonId } from '../../core/ids.ts'
import { elpisError } from '../../errors.ts'
import type { SessionPrincipal, SignedIn } from '../access.ts'
import type { Person } from '../directory.ts'
import { validName } from '../key-names.ts'
import type { StoredSession } from '../store.ts'
import {
  newPasskey,
  partyOf,
  passkeyCreation,
  type PasskeyCreation,
  type RegistrationResponseJSON,
} from './passkeys.ts'
import { hashPassword } from './password.ts'
import { weaknessOf } from './password-strength.ts'
import { newRecoveryCodes, recoveryHash } from './recovery-codes.ts'
import type { PersonDoor, Visitor } from './sign-in.ts'
import { signInChanged } from './sign-in-changed.ts'
import { Steps } from './steps.ts'
import type { Methods, SignInStore } from './store.ts'
import { TotpSecrets } from './totp-secrets.ts'
import { newTotpSecret, otpauthUri, totpStepOf } from './totp.ts'

/** How long after signing in the ways in may be changed: a browser that was left open is not enough. */
const freshMilliseconds = 15 * 60 * 1000
const mostPasskeys = 20

/** What somebody sees of themselves. */
export interface OwnAccount {
  readonly person: Person
  readonly organisation: string
  readonly methods: Methods
  readonly sessions: readonly StoredSession[]
  /** Whether the ways in may be changed by this session. */
  readonly fresh: boolean
}

/** A session that belongs to a person: keys and the owner's link have no ways in of their own. */
export type PersonPrincipal = SessionPrincipal & { readonly personId: PersonId }

export interface OwnAccountsParts {
  readonly store: SignInStore
  readonly door: PersonDoor
  readonly clock: Clock
  /** Where every change is recorded, as one with it; nowhere when left out. */
  readonly acts?: Acts
  /** Encrypts the secrets of apps; 32 bytes. */
  readonly homeKey: Buffer
}

/**
 * One's own ways in and sessions. Every change of them ends all other sessions, and this one gets a new cookie: whoever
 * got hold of the old one is out.
 */
export class OwnAccounts {
  readonly #store: SignInStore
  readonly #door: PersonDoor
  readonly #clock: Clock
  readonly #acts: Acts
  readonly #steps: Steps
  readonly #secrets: TotpSecrets

  constructor({ store, door, clock, homeKey, acts = noActs }: OwnAccountsParts) {
    this.#store = store
    this.#door = door
    this.#clock = clock
    this.#acts = acts
    this.#steps = new Steps(store, clock)
    this.#secrets = new TotpSecrets(homeKey)
  }

  async look(who: PersonPrincipal): Promise<OwnAccount> {
    const person = this.#person(who)
    const methods = await this.#store.methods(person.id)
    const sessions = this.#door.sessionsOf(person.id)
    return {
      person,
      organisation: this.#door.organisationName(person),
      methods,
      sessions,
      fresh: this.#isFresh(who),
    }
  }

  /** @throws `password_weak`, `sign_in_again` */
  async setPassword(who: PersonPrincipal, password: string): Promise<SignedIn> {
    const { id, name, email } = this.#fresh(who)
    const problem = weaknessOf(password, [name, email ?? ''])
    if (problem !== null) throw elpisError('password_weak', { problem })
    const changed = { hash: await hashPassword(password), changedAt: this.#clock.now() }
    await this.#acts.within(signInChanged(id, { way: 'password', change: 'set' }), (entry) =>
      this.#store.setPassword(id, changed, entry),
    )
    return await this.#rotate(who)
  }

  /** A secret for an app, which counts once `confirmTotp` has seen a code of it. @throws `sign_in_again` */
  async beginTotp(who: PersonPrincipal): Promise<{ secret: string; uri: string }> {
    const person = this.#fresh(who)
    const { totp } = await this.#store.methods(person.id)
    // Else whoever sits down at an open session would begin anew and be rid of the old one.
    if (totp !== null && totp.confirmedAt !== null) throw elpisError('method_not_found')
    const secret = newTotpSecret()
    await this.#store.setTotp(person.id, this.#secrets.seal(person.id, secret))
    return { secret, uri: otpauthUri(secret, person.email ?? person.name, 'Elpis') }
  }

  /** The recovery codes, this once. @throws `sign_in_refused`, `sign_in_again`, `method_not_found` */
  async confirmTotp(who: PersonPrincipal, code: string): Promise<{ codes: string[]; signedIn: SignedIn }> {
    const person = this.#fresh(who)
    const { totp } = await this.#store.methods(person.id)
    if (totp === null || totp.confirmedAt !== null) throw elpisError('method_not_found')
    const now = this.#clock.now()
    const secret = this.#secrets.open(person.id, totp.secret)
    const digits = code.replaceAll(/\s/g, '')
    const step = secret === null ? null : totpStepOf(digits, secret, now, totp.lastStep)
    const codes = newRecoveryCodes()
    const hashes = codes.flatMap((text) => recoveryHash(text) ?? [])
    if (step === null) throw elpisError('sign_in_refused')
    const confirmed = await this.#acts.within(
      signInChanged(person.id, { way: 'app', change: 'added' }),
      (entry) => this.#store.confirmTotp(person.id, { step, codes: hashes, now }, entry),
    )
    if (!confirmed) throw elpisError('sign_in_refused')
    return { codes, signedIn: await this.#rotate(who) }
  }

  /** @throws `sign_in_again` */
  async removeTotp(who: PersonPrincipal): Promise<SignedIn> {
    const { id } = this.#fresh(who)
    await this.#acts.within(signInChanged(id, { way: 'app', change: 'removed' }), (entry) =>
      this.#store.removeTotp(id, entry),
    )
    return await this.#rotate(who)
  }

  /** @throws `sign_in_again`, `passkey_refused` */
  async askNewPasskey(
    who: PersonPrincipal,
    { origin }: Visitor,
  ): Promise<{ step: string; options: PasskeyCreation }> {
    const person = this.#fresh(who)
    const { passkeys } = await this.#store.methods(person.id)
    if (passkeys.length >= mostPasskeys)
      throw elpisError('passkey_refused', { reason: `there are ${mostPasskeys} already` })
    const options = await passkeyCreation(partyOf(origin), person, passkeys)
    const { token } = await this.#steps.begin('new-passkey', person.id, { challenge: options.challenge })
    return { step: token, options }
  }

  /** @throws `sign_in_again`, `sign_in_over`, `passkey_refused` */
  async addPasskey(
    who: PersonPrincipal,
    proof: { readonly step: string; readonly response: RegistrationResponseJSON; readonly name: string },
    { origin }: Visitor,
  ): Promise<SignedIn> {
    const { id: personId } = this.#fresh(who)
    const name = validName(proof.name)
    const step = await this.#steps.take('new-passkey', proof.step)
    if (step.personId !== personId) throw elpisError('sign_in_over')
    const { challenge } = JSON.parse(step.content) as { challenge: string }
    const made = await newPasskey(proof.response, { party: partyOf(origin), challenge, personId })
    const passkey = { ...made, name, createdAt: this.#clock.now(), lastUsedAt: null }
    const added = await this.#acts.within(
      signInChanged(personId, { way: 'passkey', change: 'added' }),
      (entry) => this.#store.addPasskey(passkey, entry),
    )
    if (!added) throw elpisError('passkey_refused', { reason: 'it is known already' })
    return await this.#rotate(who)
  }

  /** @throws `sign_in_again`, `method_not_found` */
  async removePasskey(who: PersonPrincipal, id: string): Promise<SignedIn> {
    const { id: personId } = this.#fresh(who)
    const removed = await this.#acts.within(
      signInChanged(personId, { way: 'passkey', change: 'removed' }),
      (entry) => this.#store.removePasskey(personId, id, entry),
    )
    if (!removed) throw elpisError('method_not_found')
    return await this.#rotate(who)
  }

  /** Ends one of one's own sessions, or with null all but this one. @throws `method_not_found` */
  async endSessions(who: PersonPrincipal, which: string | null): Promise<void> {
    const sessions = this.#door
      .sessionsOf(who.personId)
      .filter(({ id }) => (which === null ? id !== who.sessionId : id === which))
    if (which !== null && sessions.length === 0) throw elpisError('method_not_found')
    await this.#door.end(sessions)
  }

  #person({ personId }: PersonPrincipal): Person {
    const person = this.#door.person(personId)
    if (person === null) throw elpisError('key_invalid')
    return person
  }

  #fresh(who: PersonPrincipal): Person {
    if (!this.#isFresh(who)) throw elpisError('sign_in_again')
    return this.#person(who)
  }

  #isFresh(who: PersonPrincipal): boolean {
    const session = this.#session(who)
    return session !== undefined && this.#clock.now() - session.createdAt < freshMilliseconds
  }

  #session({ personId, sessionId }: PersonPrincipal): StoredSession | undefined {
    return this.#door.sessionsOf(personId).find(({ id }) => id === sessionId)
  }

  async #rotate(who: PersonPrincipal): Promise<SignedIn> {
    const before = this.#door.sessionsOf(who.personId)
    const here = before.find(({ id }) => id === who.sessionId)
    if (here === undefined) throw elpisError('key_invalid')
    const signedIn = await this.#door.open({
      personId: who.personId,
      method: here.method ?? 'password',
      visitor: { network: here.network, agent: here.agent },
      inPlaceOf: here,
    })
    await this.#door.end(before)
    return signedIn
  }
}
