import type { PersonId } from '../../core/ids.ts'
import type { Principal, Role } from '../../core/principal.ts'
import type { SignedIn } from '../access.ts'
import type { NewPerson, Person } from '../directory.ts'
import type { StoredSession } from '../store.ts'
import type { AuthenticationResponseJSON, PasskeyRequest } from './passkeys.ts'

/** How somebody came in, as it is shown to them. */
export type Method = 'password' | 'code' | 'passkey' | 'provider' | 'invitation'

/** The browser at the other end, as it is shown to whoever looks at their sessions. */
export interface Visitor {
  /** The page's own origin, such as `http://localhost:4141`; null for what is no page. */
  readonly origin: string | null
  readonly network: string | null
  /** `User-Agent`, cut. */
  readonly agent: string | null
}

/** A session that was opened for a person. */
export interface PersonSession {
  readonly personId: PersonId
  readonly method: Method
  readonly visitor: Pick<Visitor, 'network' | 'agent'>
  /** A session whose place this one takes: it began when that one did, and ends when it would have. */
  readonly inPlaceOf?: StoredSession
}

/** What sign-in needs of the rest of access. */
export interface PersonDoor {
  person(id: PersonId): Person | null
  personByEmail(email: string): Person | null
  add(person: NewPerson, by?: Principal): Promise<Person>
  organisationName(person: Person): string
  open(session: PersonSession): Promise<SignedIn>
  /** Those that are open, oldest first. */
  sessionsOf(person: PersonId): readonly StoredSession[]
  end(sessions: readonly StoredSession[]): Promise<void>
}

/** Half way in: the password was right, and a code is needed as well. */
export interface SecondFactor {
  readonly step: string
  readonly expiresAt: number
}

/** Who is to be let in; role and organisation stay as they are for who is there already. */
export interface Guest {
  readonly email: string
  readonly name?: string | undefined
  readonly role?: Role | undefined
  readonly organisation?: string | undefined
}

export interface Invitation {
  readonly name: string
  readonly email: string | null
  readonly organisation: string
  readonly role: Role
  readonly expiresAt: number
}

/**
 * How people come in. Nothing here tells a stranger who has an account: what is wrong and who is unknown is refused in the
 * same words, after the same work.
 */
export interface SignIn {
  /** Other accounts that may be used. */
  providers(): readonly { readonly id: string; readonly title: string }[]

  /** Where browsers reach this server. */
  address(): string

  /** @throws `sign_in_refused`, `too_many_tries`, `overloaded` */
  withPassword(
    proof: { readonly email: string; readonly password: string },
    visitor: Visitor,
  ): Promise<SignedIn | SecondFactor>

  /**
   * The second half, by a code of an app or a recovery code.
   *
   * @throws `sign_in_refused`, `sign_in_over`, `too_many_tries`
   */
  withCode(proof: { readonly step: string; readonly code: string }, visitor: Visitor): Promise<SignedIn>

  /** @throws `passkey_refused` where passkeys cannot be */
  askPasskey(visitor: Visitor): Promise<{ step: string; options: PasskeyRequest }>

  /** @throws `passkey_refused`, `sign_in_over`, `too_many_tries` */
  withPasskey(
    proof: { readonly step: string; readonly response: AuthenticationResponseJSON },
    visitor: Visitor,
  ): Promise<SignedIn>

  /** Where to send the browser, and what it must bring back. @throws `provider_unknown`, `provider_unavailable` */
  leaveFor(provider: string): Promise<{ url: string; step: string; expiresAt: number }>

  /** @throws `provider_refused`, `provider_stranger`, `provider_unavailable`, `sign_in_over` */
  comeBack(provider: string, proof: { step: string; query: string }, visitor: Visitor): Promise<SignedIn>

  /**
   * Makes a link that lets somebody in once, within a week; one that was made before ends. Who is not there yet is added.
   *
   * @param by who invites, and can give no more than they have: whoever holds the link becomes the person
   * @throws `beyond_minter`, `name_taken` when the person is out of reach, what `Directory.addPerson` throws
   */
  invite(guest: Guest, by?: Principal): Promise<{ person: Person; url: string; expiresAt: number }>

  /** What an invitation says; does not use it up. @throws `invitation_invalid` */
  invitation(token: string): Promise<Invitation>

  /**
   * Uses an invitation up. Whoever forgot a password sets a new one by it; a code of an app stays needed.
   *
   * @param password null for who will add another way in
   * @throws `invitation_invalid`, `password_weak`
   */
  accept(
    proof: { readonly token: string; readonly password: string | null },
    visitor: Visitor,
  ): Promise<SignedIn | SecondFactor>
}
