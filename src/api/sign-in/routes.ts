import { z } from 'zod'
import type { SignIn } from '../../access/sign-in/sign-in.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import { secondFactorSchema, sessionSchema, step, visitorOf, welcome, welcomeOrAsk } from './door.ts'
import { authenticationResponse } from './webauthn-schema.ts'

const answers = {
  200: {
    description: 'Signed in; the cookie is set. Or a code is needed as well.',
    schema: z.union([sessionSchema, secondFactorSchema]),
  },
  401: { description: 'That did not let anybody in.', schema: errorBody },
  429: { description: 'Too many tries; see Retry-After.', schema: errorBody },
}

export const challengeSchema = z.object({
  step,
  options: z.record(z.string(), z.unknown()).describe('For `navigator.credentials`, as JSON.'),
})
export const invitationSchema = z.object({
  name: z.string(),
  email: z.string().nullable(),
  organisation: z.string(),
  role: z.string(),
  expires_at: z.number().describe('Epoch milliseconds.'),
})
const token = z.string().max(100)

/** How people sign a browser in. Keys and the owner's link go through /web/session. */
export function signInRoutes(signIn: SignIn): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/web/sign-in/password',
      summary: 'Sign in with e-mail and password',
      needs: 'nothing',
      body: z.strictObject({ email: z.string().max(320), password: z.string().max(1000) }),
      answers,
      handle: async (call) => welcomeOrAsk(call, await signIn.withPassword(call.body, visitorOf(call))),
    }),
    defineRoute({
      method: 'POST',
      path: '/web/sign-in/code',
      summary: 'Finish signing in, by the code of an app or a recovery code',
      needs: 'nothing',
      body: z.strictObject({ step, code: z.string().max(40) }),
      answers,
      handle: async (call) => welcome(call, await signIn.withCode(call.body, visitorOf(call))),
    }),
    defineRoute({
      method: 'POST',
      path: '/web/sign-in/passkey/challenge',
      summary: 'Begin to sign in with a passkey',
      needs: 'nothing',
      answers: { 200: { description: 'What the passkey has to answer.', schema: challengeSchema } },
      handle: async (call) => await signIn.askPasskey(visitorOf(call)),
    }),
    defineRoute({
      method: 'POST',
      path: '/web/sign-in/passkey',
      summary: 'Sign in with a passkey',
      needs: 'nothing',
      body: z.strictObject({ step, response: authenticationResponse }),
      answers,
      handle: async (call) => welcome(call, await signIn.withPasskey(call.body, visitorOf(call))),
    }),
    defineRoute({
      method: 'POST',
      path: '/web/invitation',
      summary: 'Look at an invitation',
      needs: 'nothing',
      body: z.strictObject({ token }),
      answers: {
        200: { description: 'Who is invited, and to what.', schema: invitationSchema },
        401: { description: 'It was used, or is over.', schema: errorBody },
      },
      async handle(call) {
        visitorOf(call)
        const { name, email, organisation, role, expiresAt } = await signIn.invitation(call.body.token)
        return { name, email, organisation, role, expires_at: expiresAt }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/web/invitation/accept',
      summary: 'Accept an invitation, once',
      needs: 'nothing',
      body: z.strictObject({
        token,
        password: z.string().max(1000).nullable().default(null).describe('Null for who adds another way in.'),
      }),
      answers,
      handle: async (call) => welcomeOrAsk(call, await signIn.accept(call.body, visitorOf(call))),
    }),
  ]
}
