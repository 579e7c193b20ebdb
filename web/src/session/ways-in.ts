/** How people sign in: each way as calls of the server. */
import { startAuthentication } from '@simplewebauthn/browser'
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser'
import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { callFor } from '../server/call.ts'
import { ProblemError } from '../server/problem.ts'
import { sessionSchema, type Session } from './session.ts'

/** The first half was right: a code of the app is needed as well. */
export interface NeedsCode {
  readonly needs: 'code'
  readonly step: string
}

const needsCode = z.object({ needs: z.literal('code'), step: z.string() })
const outcome = z.union([sessionSchema, needsCode])
const challenge = z.object({ step: z.string(), options: z.unknown() })
const invitationSchema = z.object({
  name: z.string(),
  email: z.nullable(z.string()),
  organisation: z.string(),
  role: z.string(),
  expires_at: z.number(),
})

export type Invitation = z.infer<typeof invitationSchema>

export function signInByPassword(email: string, password: string): Promise<Session | NeedsCode> {
  return callFor(outcome, '/web/sign-in/password', { method: 'POST', body: { email, password } })
}

export function signInByCode(step: string, code: string): Promise<Session> {
  return callFor(sessionSchema, '/web/sign-in/code', { method: 'POST', body: { step, code } })
}

export async function signInByPasskey(): Promise<Session> {
  const { step, options } = await callFor(challenge, '/web/sign-in/passkey/challenge', { method: 'POST' })
  const response = await withDevice(() =>
    startAuthentication({ optionsJSON: options as PublicKeyCredentialRequestOptionsJSON }),
  )
  return await callFor(sessionSchema, '/web/sign-in/passkey', { method: 'POST', body: { step, response } })
}

/** Leaves this page for the other account's; it leads back here. */
export async function leaveForProvider(provider: string): Promise<void> {
  const { url } = await callFor(z.object({ url: z.string() }), `/web/sign-in/provider/${provider}`, {
    method: 'POST',
  })
  globalThis.location.assign(url)
}

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: ({ signal }) =>
    callFor(
      z.object({ providers: z.array(z.object({ id: z.string(), title: z.string() })) }),
      '/web/sign-in/providers',
      { signal },
    ),
  staleTime: 300_000,
})

export function lookAtInvitation(token: string): Promise<Invitation> {
  return callFor(invitationSchema, '/web/invitation', { method: 'POST', body: { token } })
}

export function acceptInvitation(token: string, password: string | null): Promise<Session | NeedsCode> {
  return callFor(outcome, '/web/invitation/accept', { method: 'POST', body: { token, password } })
}

/** Whether this page and browser can have passkeys at all. */
export function passkeysWork(): boolean {
  const bare = /^[\d.]+$|^\[/.test(globalThis.location.hostname)
  return globalThis.isSecureContext && 'PublicKeyCredential' in globalThis && !bare
}

/** What the device refused, in our words: browsers say the same for "cancelled" and for "there is none". */
export async function withDevice<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (cause) {
    throw new ProblemError(
      {
        code: 'passkey_not_used',
        message: 'No passkey was used.',
        hint: 'It was cancelled, or this device has none for this server.',
        status: null,
        retryAfterSeconds: null,
        requestId: null,
      },
      cause,
    )
  }
}
