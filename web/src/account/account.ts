/** One's own ways in and sessions, as calls of the server. */
import { startRegistration, type PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/browser'
import { queryOptions } from '@tanstack/react-query'
import type { z as serverZod } from 'zod'
import type { accountSchema as accountOnServer } from '../../../src/api/sign-in/account-routes.ts'
import { z } from '../schema.ts'
import { call, callFor } from '../server/call.ts'
import { sessionSchema, type Session } from '../session/session.ts'
import { withDevice } from '../session/ways-in.ts'

const accountSchema = z.object({
  person: z.object({ id: z.string(), name: z.string(), email: z.nullable(z.string()), role: z.string() }),
  organisation: z.string(),
  fresh: z.boolean(),
  password: z.nullable(z.object({ changed_at: z.number() })),
  totp: z.nullable(z.object({ recovery_codes_left: z.number() })),
  passkeys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      created_at: z.number(),
      last_used_at: z.nullable(z.number()),
    }),
  ),
  sessions: z.array(
    z.object({
      id: z.string(),
      current: z.boolean(),
      method: z.string(),
      agent: z.nullable(z.string()),
      network: z.nullable(z.string()),
      created_at: z.number(),
      expires_at: z.number(),
    }),
  ),
})

/** What the server says that an account is. */
export type Account = serverZod.output<typeof accountOnServer>

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: ({ signal }): Promise<Account> => callFor(accountSchema, '/web/account', { signal }),
})

export function setPassword(password: string): Promise<Session> {
  return callFor(sessionSchema, '/web/account/password', { method: 'POST', body: { password } })
}

export function beginTotp() {
  return callFor(z.object({ secret: z.string(), uri: z.string() }), '/web/account/totp', { method: 'POST' })
}

export async function confirmTotp(code: string): Promise<string[]> {
  const schema = z.object({ recovery_codes: z.array(z.string()) })
  const answer = await callFor(schema, '/web/account/totp/confirm', { method: 'POST', body: { code } })
  return answer.recovery_codes
}

export async function removeTotp(): Promise<void> {
  await call('/web/account/totp', { method: 'DELETE' })
}

export async function addPasskey(name: string): Promise<void> {
  const challenge = z.object({ step: z.string(), options: z.unknown() })
  const { step, options } = await callFor(challenge, '/web/account/passkeys/challenge', { method: 'POST' })
  const response = await withDevice(() =>
    startRegistration({ optionsJSON: options as PublicKeyCredentialCreationOptionsJSON }),
  )
  await call('/web/account/passkeys', { method: 'POST', body: { step, response, name } })
}

export async function removePasskey(id: string): Promise<void> {
  await call(`/web/account/passkeys/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

/** One of them, or all but this one for null. */
export async function endSessions(id: string | null): Promise<void> {
  await call(`/web/account/sessions${id === null ? '' : `/${id}`}`, { method: 'DELETE' })
}
