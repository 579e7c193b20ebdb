import { z } from 'zod'
import type { Access } from '../access/access.ts'
import { elpisError } from '../errors.ts'
import { errorBody } from './error-body.ts'
import { defineRoute, type Route } from './route.ts'
import { cookieText, sessionBody, sessionSchema, visitorOf, welcome } from './sign-in/door.ts'

const proof = z.union(
  [
    z.strictObject({ token: z.string().min(1).max(500).describe('Of the sign-in link; works once.') }),
    z.strictObject({ key: z.string().min(1).max(500) }),
  ],
  { error: 'must be {"token": "…"} or {"key": "…"}' },
)

const path = '/web/session'

/** How a browser signs in and out. The cookie is out of reach of scripts. */
export function webSessionRoutes(access: Pick<Access, 'signIn' | 'signOut' | 'sessionOf'>): Route[] {
  const enter = defineRoute({
    method: 'POST',
    path,
    summary: 'Sign a browser in, by link or by key',
    needs: 'nothing',
    body: proof,
    answers: {
      200: { description: 'Signed in; the cookie is set.', schema: sessionSchema },
      401: { description: 'The link or key is not valid.', schema: errorBody },
    },
    async handle(call) {
      visitorOf(call)
      return welcome(call, await access.signIn(call.body))
    },
  })
  const who = defineRoute({
    method: 'GET',
    path,
    summary: 'Say who is signed in',
    needs: 'nothing',
    answers: {
      200: { description: 'Whose session this is.', schema: sessionSchema },
      401: { description: 'Nobody is signed in.', schema: errorBody },
    },
    async handle({ exchange }) {
      const { cookie } = exchange.credentials
      const principal = cookie === null ? null : access.sessionOf(cookie)
      if (principal === null) throw elpisError(cookie === null ? 'key_missing' : 'key_invalid')
      return sessionBody(principal)
    },
  })
  const leave = defineRoute({
    method: 'DELETE',
    path,
    summary: 'Sign out',
    needs: 'nothing',
    answers: { 204: { description: 'Signed out.' } },
    async handle({ exchange, reply, incoming }) {
      const { cookie } = exchange.credentials
      if (cookie !== null) await access.signOut(cookie)
      const gone = cookieText('', 0, incoming.headers.origin ?? '')
      return await reply.header('set-cookie', gone).code(204).send()
    },
  })
  return [enter, who, leave]
}
