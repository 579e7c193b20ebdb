import { z } from 'zod'
import type { Access, SessionPrincipal } from '../access/access.ts'
import { elpisError } from '../errors.ts'
import { sessionCookie } from './credentials.ts'
import { errorBody } from './error-body.ts'
import { defineRoute, type Route } from './route.ts'

const proof = z.union(
  [
    z.strictObject({ token: z.string().min(1).max(500).describe('Of the sign-in link; works once.') }),
    z.strictObject({ key: z.string().min(1).max(500) }),
  ],
  { error: 'must be {"token": "…"} or {"key": "…"}' },
)

const session = z.object({
  name: z.string(),
  kind: z.enum(['key', 'owner']),
})

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
      200: { description: 'Signed in; the cookie is set.', schema: session },
      401: { description: 'The link or key is not valid.', schema: errorBody },
    },
    async handle({ body, reply, exchange }) {
      // A page of another origin could sign the visitor in as somebody else.
      if (exchange.origin === 'allowed') throw elpisError('origin_refused', { origin: 'that is not our own' })
      const { cookie, principal, expiresAt } = await access.signIn(body)
      const seconds = Math.max(0, Math.floor((expiresAt - exchange.startedAt) / 1000))
      reply.header('set-cookie', setCookie(cookie, seconds))
      return sessionBody(principal)
    },
  })
  const who = defineRoute({
    method: 'GET',
    path,
    summary: 'Say who is signed in',
    needs: 'nothing',
    answers: {
      200: { description: 'Whose session this is.', schema: session },
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
    async handle({ exchange, reply }) {
      const { cookie } = exchange.credentials
      if (cookie !== null) await access.signOut(cookie)
      return await reply.header('set-cookie', setCookie('', 0)).code(204).send()
    },
  })
  return [enter, who, leave]
}

function setCookie(value: string, seconds: number): string {
  return `${sessionCookie}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}`
}

function sessionBody({ name, keyId }: SessionPrincipal): z.infer<typeof session> {
  return { name, kind: keyId === null ? 'owner' : 'key' }
}
