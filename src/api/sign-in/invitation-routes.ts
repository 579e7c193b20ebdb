import { z } from 'zod'
import type { SignIn } from '../../access/sign-in/sign-in.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import type { Whose } from '../whose.ts'

export const invitationWish = z.strictObject({
  email: z.string().max(320),
  name: z.string().max(200).optional().describe('The address, when left out.'),
  role: z
    .enum(['owner', 'admin', 'reviewer', 'auditor', 'member'])
    .optional()
    .describe('member, when left out.'),
  organisation: z.string().max(200).optional().describe('By id or name; one’s own when left out.'),
})

export const madeInvitationSchema = z.object({
  person_id: z.string(),
  url: z.string().describe('Lets them in once; shown this once.'),
  expires_at: z.number().describe('Epoch milliseconds.'),
})

export type MadeInvitation = z.output<typeof madeInvitationSchema>

/** A new invitation as the API shows it; `url` holds its secret and is shown once. */
export function madeInvitationOf(made: Awaited<ReturnType<SignIn['invite']>>): MadeInvitation {
  return { person_id: made.person.id, url: made.url, expires_at: made.expiresAt }
}

/** How somebody who may manage people lets another in, for the first time or anew. */
export function invitationRoutes(signIn: SignIn, whose: Whose): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/invitations',
      summary: 'Invite somebody, or let somebody in anew who lost their way in',
      needs: 'people.write',
      body: invitationWish,
      answers: {
        200: { description: 'The link. An earlier one of theirs ended.', schema: madeInvitationSchema },
        403: { description: 'That is more than one may give.', schema: errorBody },
      },
      async handle({ exchange, body }) {
        const { principal } = await whose(exchange.credentials)
        return madeInvitationOf(await signIn.invite(body, principal))
      },
    }),
  ]
}
