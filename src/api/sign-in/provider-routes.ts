import { z } from 'zod'
import type { SignIn } from '../../access/sign-in/sign-in.ts'
import { asElpisError, elpisError } from '../../errors.ts'
import { cookieValue } from '../credentials.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import { setSession, visitorOf } from './door.ts'

const base = '/web/sign-in/provider'
/** Lax, for the browser comes back from another site; it opens nothing by itself. */
const stepCookie = 'elpis_sign_in'

export const providersSchema = z.object({
  providers: z.array(z.object({ id: z.string(), title: z.string() })),
})
export const leaveSchema = z.object({ url: z.string() })

/** Sign-in with an account somewhere else: there, and back. */
export function providerRoutes(signIn: SignIn): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/web/sign-in/providers',
      summary: 'List the other accounts that one can sign in with',
      needs: 'nothing',
      answers: { 200: { description: 'All of them.', schema: providersSchema } },
      handle: async () => ({ providers: signIn.providers() }),
    }),
    defineRoute({
      method: 'POST',
      path: `${base}/:provider`,
      documentedPath: `${base}/{provider}`,
      summary: 'Begin to sign in with another account',
      needs: 'nothing',
      answers: {
        200: { description: 'Where to send the browser.', schema: leaveSchema },
        404: { description: 'There is no such provider.', schema: errorBody },
      },
      async handle(call) {
        visitorOf(call)
        const { url, step, expiresAt } = await signIn.leaveFor(call.names['provider'] ?? '')
        const seconds = Math.floor((expiresAt - call.exchange.startedAt) / 1000)
        call.reply.header('set-cookie', stepText(step, seconds, call.incoming.headers.origin ?? ''))
        return { url }
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${base}/:provider/back`,
      documentedPath: `${base}/{provider}/back`,
      summary: 'Come back from another account',
      needs: 'nothing',
      answers: {
        303: { description: 'To the chat, signed in; or to the sign-in page, which says why not.' },
      },
      async handle(call) {
        const { incoming, reply, names } = call
        const [, query = ''] = (incoming.url ?? '').split('?', 2)
        const step = cookieValue(incoming.headers.cookie, stepCookie)
        const forget = stepText('', 0, '')
        try {
          if (step === null || query.length > 8000) throw elpisError('sign_in_over')
          const signedIn = await signIn.comeBack(names['provider'] ?? '', { step, query }, visitorOf(call))
          setSession(call, signedIn, signIn.address())
          reply.header('set-cookie', forget)
          return await reply.redirect('/', 303)
        } catch (error) {
          const { code } = asElpisError(error)
          call.exchange.outcome.code = code
          return await reply.header('set-cookie', forget).redirect(`/sign-in?refused=${code}`, 303)
        }
      },
    }),
  ]
}

function stepText(value: string, seconds: number, address: string): string {
  const secure = address.startsWith('https:') ? '; Secure' : ''
  return `${stepCookie}=${value}; HttpOnly; SameSite=Lax; Path=${base}; Max-Age=${seconds}${secure}`
}
