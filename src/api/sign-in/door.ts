/** What the routes of this folder share: who the visitor is, and how a session gets into the browser. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { SessionPrincipal, SignedIn } from '../../access/access.ts'
import type { SecondFactor, Visitor } from '../../access/sign-in/sign-in.ts'
import { homeOrganisation } from '../../core/principal.ts'
import { elpisError } from '../../errors.ts'
import { cookieValue, deviceCookie, sessionCookie } from '../credentials.ts'
import type { Call } from '../route.ts'

export const sessionSchema = z.object({
  name: z.string(),
  kind: z.enum(['owner', 'person', 'key']),
  role: z.enum(['owner', 'admin', 'reviewer', 'auditor', 'member']),
  organisation_id: z.string(),
  at_home: z.boolean().describe('Whether that organisation is the one that runs the server.'),
  person_id: z.string().nullable(),
})

/** The first half was right, and a code is needed as well. */
export const secondFactorSchema = z.object({
  needs: z.literal('code'),
  step: z.string().describe('To be brought back with the code.'),
})

export const step = z.string().max(100)

export type AnyCall = Pick<Call<unknown>, 'exchange' | 'reply' | 'incoming'>

/** The browser at the other end. @throws `origin_refused`: another page could sign its visitor in as somebody else */
export function visitorOf({ exchange, incoming }: AnyCall): Visitor {
  if (exchange.origin === 'allowed') throw elpisError('origin_refused', { origin: 'that is not our own' })
  const { origin } = incoming.headers
  return {
    origin: exchange.origin === 'same' && origin !== undefined ? origin : null,
    network: exchange.credentials.network ?? null,
    agent: incoming.headers['user-agent']?.slice(0, 200) ?? null,
  }
}

/** Puts the session into the browser, out of reach of scripts, and says whose it is. */
export function welcome(call: AnyCall, signedIn: SignedIn): z.infer<typeof sessionSchema> {
  setSession(call, signedIn, call.incoming.headers.origin ?? '')
  return sessionBody(signedIn.principal)
}

/** Signs the browser in by cookie, or asks for the second factor's code. */
export function welcomeOrAsk(
  call: AnyCall,
  outcome: SignedIn | SecondFactor,
): z.infer<typeof sessionSchema> | z.infer<typeof secondFactorSchema> {
  return 'step' in outcome ? { needs: 'code', step: outcome.step } : welcome(call, outcome)
}

/** @param address of the page; over https, the cookie never travels without */
export function setSession(
  { exchange, reply, incoming }: AnyCall,
  { cookie, expiresAt }: SignedIn,
  address: string,
): void {
  const seconds = Math.max(0, Math.floor((expiresAt - exchange.startedAt) / 1000))
  reply.header('set-cookie', cookieText(cookie, seconds, address))
  if (cookieValue(incoming.headers.cookie, deviceCookie) !== null) return
  const device = randomBytes(16).toString('base64url')
  reply.header('set-cookie', cookieText(device, deviceSeconds, address, deviceCookie))
}

const deviceSeconds = 365 * 24 * 60 * 60

/**
 * A `Set-Cookie` value, out of reach of scripts and other sites; `Secure` when `address` is https. `seconds` of 0
 * removes the cookie.
 */
export function cookieText(
  value: string,
  seconds: number,
  address: string,
  name: string = sessionCookie,
): string {
  const secure = address.startsWith('https:') ? '; Secure' : ''
  return `${name}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}${secure}`
}

/** Whom a session or key stands for, as the browser is shown. */
export function sessionBody({
  name,
  keyId,
  personId,
  role,
  organisationId,
}: SessionPrincipal): z.infer<typeof sessionSchema> {
  return {
    name,
    kind: keyId !== null ? 'key' : personId === null ? 'owner' : 'person',
    role,
    organisation_id: organisationId,
    at_home: organisationId === homeOrganisation,
    person_id: personId,
  }
}
