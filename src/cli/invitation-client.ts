import type { z } from 'zod'
import { createAccess } from '../access/create-access.ts'
import { connectControl } from '../api/control/client.ts'
import {
  madeInvitationOf,
  type invitationWish,
  type MadeInvitation,
} from '../api/sign-in/invitation-routes.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { openSignIn } from '../server/open-sign-in.ts'
import { openStorage } from '../storage/storage.ts'

/** Invites somebody: through the running server, by ourselves when there is none. */
export async function inviteSomebody(
  config: Config,
  wish: z.output<typeof invitationWish>,
): Promise<MadeInvitation> {
  const server = await connectControl(config.home)
  if (server !== null) {
    try {
      return await server.invite(wish)
    } finally {
      await server.close()
    }
  }
  const storage = await openStorage(config)
  try {
    const access = await createAccess({ store: storage, clock: systemClock })
    try {
      const { signIn } = openSignIn(config, { store: storage.signIn, access, address: () => null })
      return madeInvitationOf(await signIn.invite(wish))
    } finally {
      await access.close()
    }
  } finally {
    await storage.close()
  }
}
