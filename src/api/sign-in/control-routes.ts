import type { FastifyInstance } from 'fastify'
import type { SignIn } from '../../access/sign-in/sign-in.ts'
import type { Log } from '../../log.ts'
import { parseBody } from '../parse.ts'
import { invitationWish, madeInvitationOf } from './invitation-routes.ts'

/** Invitations at `/sign-in/invite` of the control socket: whoever can open it owns the machine. */
export function signInControlRoutes({ signIn, log }: { readonly signIn: SignIn; readonly log?: Log }) {
  return (app: FastifyInstance): void => {
    app.route({
      method: 'POST',
      url: '/sign-in/invite',
      handler: async (request) => {
        const made = madeInvitationOf(await signIn.invite(parseBody(invitationWish, request.body)))
        log?.('info', 'people.invite', { person: made.person_id })
        return made
      },
    })
  }
}
