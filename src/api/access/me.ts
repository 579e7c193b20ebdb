/** Oneself. What is not written here cannot be set from here: no role, no organisation, no quota. */
import { z } from 'zod'
import { allPermissions, permits, type Permission } from '../../access/permissions.ts'
import type { Contents } from '../../audit/contents.ts'
import { elpisError } from '../../errors.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import type { Whose } from '../whose.ts'
import { myself } from './keys.ts'
import { defineAccessOperation } from './operation.ts'
import { personView, role, viewOfPerson } from './views.ts'

const me = z.object({
  kind: z.enum(['key', 'session']),
  name: z.string(),
  organisation: z.string(),
  person: z.string().nullable(),
  key: z.string().nullable(),
  role,
  permissions: z
    .array(z.enum(allPermissions as [Permission, ...Permission[]]))
    .describe('Of the role; a key may be narrower.'),
  unseen_notices: z.int().describe('How often somebody read what you said, unseen yet: GET /v1/notices.'),
})

interface MeDoor {
  readonly whose: Whose
  readonly unseen: Contents['unseen']
}

/** `GET /v1/me`: whoever asks, by their key or session, and how many notices they have not seen. */
export function meRoute({ whose, unseen }: MeDoor): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/me',
    summary: 'Say who one is, what one may do, and whether there is something to know',
    needs: 'self',
    answers: {
      200: { description: 'Whoever asks.', schema: me },
      401: { description: 'No valid key.', schema: errorBody },
    },
    async handle({ exchange }): Promise<z.output<typeof me>> {
      const { principal, subject } = await whose(exchange.credentials)
      const { kind, name, organisationId, personId, keyId, role } = principal
      return {
        kind,
        name,
        organisation: organisationId,
        person: personId,
        key: keyId,
        role,
        permissions: allPermissions.filter((permission) => permits(role, permission)),
        unseen_notices: await unseen(subject),
      }
    },
  })
}

export const changeMe = defineAccessOperation({
  name: 'me.change',
  summary: 'Change one’s name',
  method: 'PATCH',
  path: '/v1/me',
  needs: 'self',
  input: z.strictObject({ name: z.string().max(1000) }),
  output: personView,
  run: async ({ directory }, { name }, by) => {
    const { personId } = myself(by)
    if (personId === null) throw elpisError('needs_person')
    return viewOfPerson(await directory.rename(personId, name))
  },
})
