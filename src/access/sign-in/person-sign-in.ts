import { noActs, type Acts } from '../../core/acts.ts'
import type { Clock } from '../../core/clock.ts'
import type { PersonId } from '../../core/ids.ts'
import type { Principal } from '../../core/principal.ts'
import { elpisError } from '../../errors.ts'
import type { SignedIn } from '../access.ts'
import type { Person } from '../directory.ts'
import { authorOf } from '../author.ts'
import { covers } from '../permissions.ts'
import { demand, reaches } from '../reach.ts'
import { checkPasskey, partyOf, passkeyRequest, type AuthenticationResponseJSON } from './passkeys.ts'
import { hashPassword, passwordFits } from './password.ts'
import { weaknessOf } from './password-strength.ts'
import { leaveSchema, Provider, type ProvenIdentity, type ProviderSettings } from './provider.ts'
import { recoveryHash } from './recovery-codes.ts'
import type { Guest, Invitation, Method, PersonDoor, SecondFactor, SignIn, Visitor } from './sign-in.ts'
import { signInChanged } from './sign-in-changed.ts'
import { Steps } from './steps.ts'
import type { SignInStore, StoredTotp } from './store.ts'
import { TotpSecrets } from './totp-secrets.ts'
import { totpStepOf } from './totp.ts'
import { countTry } from './tries.ts'

export interface SignInParts {
  readonly store: SignInStore
  readonly door: PersonDoor
  readonly clock: Clock
  readonly providers: Readonly<Record<string, ProviderSettings>>
  /** Where browsers reach this server, such as `https://ai.example.org`. */
  readonly address: () => string
  /** Where invitations and new ways in are recorded; nowhere when left out. */
  readonly acts?: Acts
  /** Encrypts the secrets of apps; 32 bytes. */
  readonly homeKey: Buffer
}

/** The sign-in of people: passwords, codes, links and providers. */
export function createSignIn(parts: SignInParts): SignIn {
  return new PersonSignIn(parts)
}

class PersonSignIn implements SignIn {
  readonly #store: SignInStore
  readonly #door: PersonDoor
  readonly #clock: Clock
  readonly #steps: Steps
  readonly #providers: ReadonlyMap<string, Provider>
  readonly #address: () => string
  readonly #acts: Acts
  readonly #secrets: TotpSecrets

  constructor({ store, door, clock, providers, address, homeKey, acts = noActs }: SignInParts) {
    this.#store = store
    this.#door = door
    this.#clock = clock
    this.#steps = new Steps(store, clock)
    this.#providers = new Map(
      Object.entries(providers).map(([name, settings]) => [name, new Provider(settings)]),
    )
    this.#address = address
    this.#acts = acts
    this.#secrets = new TotpSecrets(homeKey)
  }

  providers() {
    return [...this.#providers].map(([id, { settings }]) => ({ id, title: settings.title }))
  }

  address(): string {
    return this.#address()
  }

  async withPassword(
    { email, password }: { email: string; password: string },
    visitor: Visitor,
  ): Promise<SignedIn | SecondFactor> {
    const account = email.trim().toLowerCase()
    const tries = await this.#try('password', account, visitor)
    const person = this.#door.personByEmail(account)
    const methods = person === null ? null : await this.#store.methods(person.id)
    // For nobody, and for who has no password, it is checked as well: the time it takes tells nothing.
    const fits = await passwordFits(password, methods?.password?.hash ?? null)
    if (!fits || person === null || methods === null) throw elpisError('sign_in_refused')
    await tries.succeeded()
    return await this.#afterFirst(person, 'password', methods.totp, visitor)
  }

  async withCode({ step: token, code }: { step: string; code: string }, visitor: Visitor): Promise<SignedIn> {
    const { personId, hash } = await this.#steps.look('second-factor', token)
    const person = personId === null ? null : this.#door.person(personId)
    if (person === null) throw elpisError('sign_in_over')
    const tries = await this.#try('code', person.id, visitor)
    if (!(await this.#useCode(person.id, code))) throw elpisError('sign_in_refused')
    // Of two who bring good codes to one step, the second finds it used.
    if ((await this.#store.takeStep(hash, this.#clock.now())) === null) throw elpisError('sign_in_over')
    await tries.succeeded()
    return await this.#open(person, 'code', visitor)
  }

  async askPasskey(visitor: Visitor) {
    const options = await passkeyRequest(partyOf(visitor.origin))
    const { token } = await this.#steps.begin('passkey', null, { challenge: options.challenge })
    return { step: token, options }
  }

  async withPasskey(
    { step: token, response }: { step: string; response: AuthenticationResponseJSON },
    visitor: Visitor,
  ): Promise<SignedIn> {
    await this.#try('passkey', response.id, visitor)
    const step = await this.#steps.take('passkey', token)
    const { challenge } = JSON.parse(step.content) as { challenge: string }
    const passkey = await this.#store.passkey(response.id)
    const person = passkey === null ? null : this.#door.person(passkey.personId)
    if (passkey === null || person === null)
      throw elpisError('passkey_refused', { reason: 'it is unknown here' })
    const counter = await checkPasskey(response, { party: partyOf(visitor.origin), challenge, passkey })
    if (!(await this.#store.usePasskey(passkey.id, counter, this.#clock.now()))) {
      throw elpisError('passkey_refused', { reason: 'it seems to have been copied' })
    }
    return await this.#open(person, 'passkey', visitor)
  }

  async leaveFor(name: string) {
    const redirect = `${this.#address()}/web/sign-in/provider/${name}/back`
    const { url, leave } = await this.#provider(name).leave(name, redirect)
    const { token, expiresAt } = await this.#steps.begin('provider', null, leave)
    return { url, step: token, expiresAt }
  }

  async comeBack(
    name: string,
    { step: token, query }: { step: string; query: string },
    visitor: Visitor,
  ): Promise<SignedIn> {
    const provider = this.#provider(name)
    const step = await this.#steps.take('provider', token)
    const leave = leaveSchema.parse(JSON.parse(step.content))
    if (leave.provider !== name) throw elpisError('sign_in_over')
    const identity = await provider.comeBack(query, leave)
    return await this.#open(await this.#personOf(identity, provider.settings), 'provider', visitor)
  }

  async invite({ email, name, role, organisation }: Guest, by?: Principal) {
    demand(by, 'people.write')
    const known = this.#door.personByEmail(email.trim())
    if (known !== null && !reaches(by, known.organisationId)) throw elpisError('name_taken', { name: email })
    if (known !== null && by !== undefined && !covers(by.role, known.role))
      throw elpisError('beyond_minter', { what: `role: ${known.role}` })
    const guest = { name: name ?? email, email, role: role ?? 'member', organisation } as const
    const person = known ?? (await this.#door.add(guest, by))
    const act = {
      kind: 'person-invited',
      by: authorOf(by),
      about: person.id,
      details: { organisation: person.organisationId, role: person.role },
    } as const
    const { token, expiresAt } = await this.#acts.within(act, (entry) => this.#steps.invite(person.id, entry))
    return { person, url: `${this.#address()}/invitation#${token}`, expiresAt }
  }

  async invitation(token: string): Promise<Invitation> {
    const { personId, expiresAt } = await this.#steps.look('invitation', token)
    const person = this.#invited(personId)
    const { name, email, role } = person
    return { name, email, role, organisation: this.#door.organisationName(person), expiresAt }
  }

  async accept(
    { token, password }: { token: string; password: string | null },
    visitor: Visitor,
  ): Promise<SignedIn | SecondFactor> {
    const { personId } = await this.#steps.look('invitation', token)
    const person = this.#invited(personId)
    const hash = password === null ? null : await this.#newHash(password, person)
    await this.#steps.take('invitation', token)
    if (hash !== null) {
      const changedAt = this.#clock.now()
      const act = signInChanged(person.id, { way: 'password', change: 'set', invited: true })
      await this.#acts.within(act, (entry) => this.#store.setPassword(person.id, { hash, changedAt }, entry))
    }
    // Whoever was signed in before may be whom the new password is to keep out.
    await this.#door.end(this.#door.sessionsOf(person.id))
    const { totp } = await this.#store.methods(person.id)
    return await this.#afterFirst(person, 'invitation', totp, visitor)
  }

  async #newHash(password: string, { name, email }: Person): Promise<string> {
    const problem = weaknessOf(password, [name, email ?? ''])
    if (problem !== null) throw elpisError('password_weak', { problem })
    return await hashPassword(password)
  }

  #invited(personId: PersonId | null): Person {
    const person = personId === null ? null : this.#door.person(personId)
    if (person === null) throw elpisError('invitation_invalid')
    return person
  }

  async #afterFirst(
    person: Person,
    method: Method,
    totp: StoredTotp | null,
    visitor: Visitor,
  ): Promise<SignedIn | SecondFactor> {
    if (totp === null || totp.confirmedAt === null) return await this.#open(person, method, visitor)
    const { token, expiresAt } = await this.#steps.begin('second-factor', person.id, {})
    return { step: token, expiresAt }
  }

  async #useCode(person: PersonId, code: string): Promise<boolean> {
    const { totp } = await this.#store.methods(person)
    if (totp === null || totp.confirmedAt === null) return false
    const digits = code.replaceAll(/\s/g, '')
    const secret = this.#secrets.open(person, totp.secret)
    const step = secret === null ? null : totpStepOf(digits, secret, this.#clock.now(), totp.lastStep)
    if (step !== null) return await this.#store.useTotpStep(person, step)
    const recovery = recoveryHash(code)
    return recovery !== null && (await this.#store.useRecoveryCode(person, recovery))
  }

  /**
   * By the identity that came in before; else by the address that the provider vouches for, of somebody who was invited or
   * whose domain may come in. From then on the identity counts, for an address may be given to somebody else one day.
   */
  async #personOf(identity: ProvenIdentity, settings: ProviderSettings): Promise<Person> {
    const { issuer, subject, email, name } = identity
    const stranger = () => elpisError('provider_stranger', { provider: settings.title })
    const known = await this.#store.identity(issuer, subject)
    if (known !== null) {
      const person = this.#door.person(known)
      if (person === null) throw stranger()
      return person
    }
    if (email === null) throw stranger()
    const domain = email.slice(email.lastIndexOf('@') + 1)
    const welcome = settings.domains.includes(domain)
    const person =
      this.#door.personByEmail(email) ??
      (welcome
        ? await this.#door.add({
            name: name ?? email,
            email,
            role: settings.role,
            organisation: settings.organisation ?? undefined,
            vouchedBy: settings.title,
          })
        : null)
    if (person === null) throw stranger()
    const linked = { issuer, subject, personId: person.id, createdAt: this.#clock.now() }
    const act = signInChanged(person.id, { way: 'provider', change: 'added', provider: settings.title })
    if (!(await this.#acts.within(act, (entry) => this.#store.link(linked, entry)))) throw stranger()
    return person
  }

  #provider(name: string): Provider {
    const provider = this.#providers.get(name)
    if (provider === undefined) throw elpisError('provider_unknown', { provider: name.slice(0, 40) })
    return provider
  }

  #open({ id }: Person, method: Method, { network, agent }: Visitor): Promise<SignedIn> {
    return this.#door.open({ personId: id, method, visitor: { network, agent } })
  }

  #try(method: Method, account: string, { network }: Visitor) {
    return countTry(this.#store, { method, account, network, now: this.#clock.now() })
  }
}
