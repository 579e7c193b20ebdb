/**
 * Passkeys (WebAuthn level 3). A passkey proves both that somebody has a device and that it knows them, so that no second
 * factor is asked for; that is why user verification is required, here and there.
 */
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { isIP } from 'node:net'
import type { PersonId } from '../../core/ids.ts'
import { elpisError } from '../../errors.ts'
import type { StoredPasskey } from './store.ts'

export type { AuthenticationResponseJSON, RegistrationResponseJSON }
export type PasskeyRequest = PublicKeyCredentialRequestOptionsJSON
export type PasskeyCreation = PublicKeyCredentialCreationOptionsJSON

/** Who is asked for: the host that the page was loaded from. Bare addresses cannot have passkeys, by the specification. */
interface Party {
  readonly origin: string
  readonly id: string
}

/** @throws `passkey_refused` for an origin that cannot have passkeys */
export function partyOf(origin: string | null): Party {
  const { hostname, protocol } = new URL(origin ?? 'http://invalid')
  const secure = protocol === 'https:' || hostname === 'localhost'
  if (origin === null || !secure || isIP(hostname.replaceAll(/[[\]]/g, '')) !== 0) {
    throw elpisError('passkey_refused', {
      reason: 'passkeys work on https pages and on http://localhost only',
    })
  }
  return { origin, id: hostname }
}

/** For a browser that says by itself whose passkey it has. */
export async function passkeyRequest(party: Party): Promise<PasskeyRequest> {
  const { generateAuthenticationOptions } = await library()
  return await generateAuthenticationOptions({
    rpID: party.id,
    userVerification: 'required',
    timeout: 120_000,
  })
}

/**
 * The new counter of a passkey that answered rightly.
 *
 * @throws `passkey_refused`
 */
export async function checkPasskey(
  response: AuthenticationResponseJSON,
  { party, challenge, passkey }: { party: Party; challenge: string; passkey: StoredPasskey },
): Promise<number> {
  const { verifyAuthenticationResponse } = await library()
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
    credential: {
      id: passkey.id,
      publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
      counter: passkey.counter,
      transports: [...passkey.transports],
    },
  }).catch(refuse)
  const { userHandle } = response.response
  // An authenticator that says whose passkey it is must say so rightly.
  if (!verified || (userHandle !== undefined && userHandle !== handleOf(passkey.personId))) {
    throw elpisError('passkey_refused', { reason: 'it does not fit' })
  }
  return authenticationInfo.newCounter
}

/** For a person who adds one. */
export async function passkeyCreation(
  party: Party,
  person: { readonly id: PersonId; readonly name: string; readonly email: string | null },
  held: readonly StoredPasskey[],
): Promise<PasskeyCreation> {
  const { generateRegistrationOptions } = await library()
  return await generateRegistrationOptions({
    rpName: 'Elpis',
    rpID: party.id,
    userID: new TextEncoder().encode(person.id),
    userName: person.email ?? person.name,
    userDisplayName: person.name,
    timeout: 120_000,
    excludeCredentials: held.map(({ id, transports }) => ({ id, transports: [...transports] })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
}

/** What is kept of a passkey that was just made. @throws `passkey_refused` */
export async function newPasskey(
  response: RegistrationResponseJSON,
  { party, challenge, personId }: { party: Party; challenge: string; personId: PersonId },
): Promise<Pick<StoredPasskey, 'id' | 'personId' | 'publicKey' | 'counter' | 'transports'>> {
  const { verifyRegistrationResponse } = await library()
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
  }).catch(refuse)
  if (!verified) throw elpisError('passkey_refused', { reason: 'it does not fit' })
  const { id, publicKey, counter, transports } = registrationInfo.credential
  return {
    id,
    personId,
    publicKey: Buffer.from(publicKey).toString('base64url'),
    counter,
    transports: (transports ?? []).slice(0, 10).map((transport) => transport.slice(0, 20)),
  }
}

function handleOf(person: PersonId): string {
  return Buffer.from(person).toString('base64url')
}

/** The reason stands in no answer: it would help whoever forges one, and nobody else. */
function refuse(cause: unknown): never {
  const error = elpisError('passkey_refused', { reason: 'it does not fit' })
  error.cause = cause
  throw error
}

/** Loaded when the first passkey comes: it takes a third of a second to load, and most starts never need it. */
function library() {
  return import('@simplewebauthn/server')
}
