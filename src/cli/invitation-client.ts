import type { z } from 'zod'
import {
  madeInvitationOf,
  type invitationWish,
  type MadeInvitation,
} from '../api/sign-in/invitation-routes.ts'
import type { Config } from '../config.ts'
import { openSignIn } from '../server/open-sign-in.ts'
import { withAccess } from './own-access.ts'
import { throughServer } from './running-server.ts'

/** Invites somebody: through the running server, by ourselves when there is none. */
export async function inviteSomebody(
  config: Config,
  wish: z.output<typeof invitationWish>,
): Promise<MadeInvitation> {
  return await throughServer(
    config,
    (server) => server.invite(wish),
    () =>
      withAccess(config, async ({ access, audit: { acts }, storage: { signIn: store } }) => {
        const { signIn } = openSignIn(config, { store, access, acts, address: () => null })
        return madeInvitationOf(await signIn.invite(wish))
      }),
  )
}
