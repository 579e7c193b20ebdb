import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { Person } from '../../access/directory.ts'
import { roles } from '../../access/permissions.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import type { Whose } from '../whose.ts'

export const personView = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role: z.enum(roles),
  organisation_id: z.string(),
  organisation: z.string().describe('Its name.'),
  created_at: z.number().describe('Epoch milliseconds.'),
})
const answers = {
  200: { description: 'The person, as they are now.', schema: personView },
  403: { description: 'That is more than one may give or take.', schema: errorBody },
  404: { description: 'No such person within reach.', schema: errorBody },
}

/** People, for those who manage them. Somebody is added by inviting them: POST /v1/invitations. */
export function peopleRoutes(access: Pick<Access, 'directory' | 'named'>, whose: Whose): Route[] {
  const { directory } = access
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/people',
      summary: 'List people',
      needs: 'people.read',
      answers: {
        200: { description: 'All within reach.', schema: z.object({ people: z.array(personView) }) },
      },
      async handle({ exchange }) {
        const { principal } = await whose(exchange.credentials)
        return { people: directory.people(principal).map((person) => viewOf(access, person)) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/people/:id/role',
      documentedPath: '/v1/people/{id}/role',
      summary: 'Give somebody another role; their sessions end',
      needs: 'people.write',
      body: z.strictObject({ role: z.enum(roles) }),
      answers,
      async handle({ exchange, names, body }) {
        const { principal } = await whose(exchange.credentials)
        return viewOf(access, await directory.setRole(names['id'] ?? '', body.role, principal))
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/people/:id',
      documentedPath: '/v1/people/{id}',
      summary: 'Remove somebody, with their keys, sessions and ways in',
      needs: 'people.write',
      answers,
      async handle({ exchange, names }) {
        const { principal } = await whose(exchange.credentials)
        return viewOf(access, await directory.removePerson(names['id'] ?? '', principal))
      },
    }),
  ]
}

function viewOf(access: Pick<Access, 'named'>, person: Person): z.infer<typeof personView> {
  const { id, name, email, role, organisationId, createdAt } = person
  const organisation = access.named('org', organisationId)?.name ?? organisationId
  return { id, name, email, role, organisation_id: organisationId, organisation, created_at: createdAt }
}
