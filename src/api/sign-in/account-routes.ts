import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { OwnAccount, OwnAccounts, PersonPrincipal } from '../../access/sign-in/own-account.ts'
import { elpisError } from '../../errors.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import { sessionSchema, step, visitorOf, welcome, type AnyCall } from './door.ts'
import { challengeSchema } from './routes.ts'
import { registrationResponse } from './webauthn-schema.ts'

const time = z.number().describe('Epoch milliseconds.')
export const accountSchema = z.object({
  person: z.object({ id: z.string(), name: z.string(), email: z.string().nullable(), role: z.string() }),
  organisation: z.string(),
  fresh: z.boolean().describe('Whether this session may change how to sign in.'),
  password: z.object({ changed_at: time }).nullable(),
  totp: z.object({ recovery_codes_left: z.number() }).nullable(),
  passkeys: z.array(
    z.object({ id: z.string(), name: z.string(), created_at: time, last_used_at: time.nullable() }),
  ),
  sessions: z.array(
    z.object({
      id: z.string(),
      current: z.boolean(),
      method: z.string(),
      agent: z.string().nullable(),
      network: z.string().nullable(),
      created_at: time,
      expires_at: time,
    }),
  ),
})
export const newTotpSchema = z.object({ secret: z.string(), uri: z.string() })
export const recoveryCodesSchema = z.object({ recovery_codes: z.array(z.string()) })

const changed = {
  200: { description: 'Changed. All other sessions ended; the cookie is a new one.', schema: sessionSchema },
  403: { description: 'The session is too old for that: sign in again.', schema: errorBody },
}

/** What people see and change of their own account. */
export function accountRoutes(accounts: OwnAccounts, access: Pick<Access, 'sessionOf'>): Route[] {
  const person = ({ exchange }: AnyCall): PersonPrincipal => {
    const { cookie } = exchange.credentials
    const principal = cookie === null ? null : access.sessionOf(cookie)
    if (principal === null) throw elpisError(cookie === null ? 'key_missing' : 'key_invalid')
    const { personId, keyId } = principal
    // A key must not become a way to change how its person signs in.
    if (personId === null || keyId !== null) throw elpisError('no_person')
    return { ...principal, personId }
  }
  return [
    defineRoute({
      method: 'GET',
      path: '/web/account',
      summary: 'Say how one signs in, and where one is signed in',
      needs: 'self',
      answers: { 200: { description: 'The account.', schema: accountSchema } },
      async handle(call) {
        const who = person(call)
        return accountBody(await accounts.look(who), who)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/web/account/password',
      summary: 'Set a password',
      needs: 'self',
      body: z.strictObject({ password: z.string().max(1000) }),
      answers: changed,
      handle: async (call) => welcome(call, await accounts.setPassword(person(call), call.body.password)),
    }),
    defineRoute({
      method: 'POST',
      path: '/web/account/totp',
      summary: 'Begin to add codes of an authenticator app',
      needs: 'self',
      answers: { 200: { description: 'What the app needs, this once.', schema: newTotpSchema } },
      handle: async (call) => await accounts.beginTotp(person(call)),
    }),
    defineRoute({
      method: 'POST',
      path: '/web/account/totp/confirm',
      summary: 'Finish it with a first code',
      needs: 'self',
      body: z.strictObject({ code: z.string().max(40) }),
      answers: { 200: { description: 'The recovery codes, this once.', schema: recoveryCodesSchema } },
      async handle(call) {
        const { codes, signedIn } = await accounts.confirmTotp(person(call), call.body.code)
        welcome(call, signedIn)
        return { recovery_codes: codes }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/web/account/totp',
      summary: 'Remove the codes of an app',
      needs: 'self',
      answers: changed,
      handle: async (call) => welcome(call, await accounts.removeTotp(person(call))),
    }),
    defineRoute({
      method: 'POST',
      path: '/web/account/passkeys/challenge',
      summary: 'Begin to add a passkey',
      needs: 'self',
      answers: { 200: { description: 'What to make.', schema: challengeSchema } },
      handle: async (call) => await accounts.askNewPasskey(person(call), visitorOf(call)),
    }),
    defineRoute({
      method: 'POST',
      path: '/web/account/passkeys',
      summary: 'Add a passkey',
      needs: 'self',
      body: z.strictObject({ step, response: registrationResponse, name: z.string().max(200) }),
      answers: changed,
      handle: async (call) =>
        welcome(call, await accounts.addPasskey(person(call), call.body, visitorOf(call))),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/web/account/passkeys/:id',
      documentedPath: '/web/account/passkeys/{id}',
      summary: 'Remove a passkey',
      needs: 'self',
      answers: changed,
      handle: async (call) =>
        welcome(call, await accounts.removePasskey(person(call), call.names['id'] ?? '')),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/web/account/sessions/:id',
      documentedPath: '/web/account/sessions/{id}',
      summary: 'End one of one’s own sessions',
      needs: 'self',
      answers: { 204: { description: 'It ended, with what it was running.' } },
      async handle(call) {
        await accounts.endSessions(person(call), call.names['id'] ?? '')
        return await call.reply.code(204).send()
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/web/account/sessions',
      summary: 'End all of one’s own sessions but this one',
      needs: 'self',
      answers: { 204: { description: 'They ended.' } },
      async handle(call) {
        await accounts.endSessions(person(call), null)
        return await call.reply.code(204).send()
      },
    }),
  ]
}

function accountBody(
  { person, organisation, methods, sessions, fresh }: OwnAccount,
  { sessionId }: PersonPrincipal,
): z.infer<typeof accountSchema> {
  const { id, name, email, role } = person
  const { password, totp, recoveryCodesLeft, passkeys } = methods
  return {
    person: { id, name, email, role },
    organisation,
    fresh,
    password: password === null ? null : { changed_at: password.changedAt },
    totp: totp === null || totp.confirmedAt === null ? null : { recovery_codes_left: recoveryCodesLeft },
    passkeys: passkeys.map(({ id, name, createdAt, lastUsedAt }) => ({
      id,
      name,
      created_at: createdAt,
      last_used_at: lastUsedAt,
    })),
    sessions: sessions.map(({ id, method, agent, network, createdAt, expiresAt }) => ({
      id,
      current: id === sessionId,
      method: method ?? 'key',
      agent,
      network,
      created_at: createdAt,
      expires_at: expiresAt,
    })),
  }
}
