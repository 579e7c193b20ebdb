/** Oneself. What is not written here cannot be set from here: no role, no organisation, no quota. */
import { z } from 'zod'
import { allPermissions, permits, type Permission } from '../../access/permissions.ts'
import { elpisError } from '../../errors.ts'
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
})

export const showMe = defineAccessOperation({
  name: 'me.show',
  summary: 'Say who one is, and what one may do',
  method: 'GET',
  path: '/v1/me',
  needs: 'self',
  input: z.strictObject({}),
  output: me,
  run: async (_access, _input, by) => {
    const { kind, name, organisationId, personId, keyId, role } = myself(by)
    const permissions = allPermissions.filter((permission) => permits(role, permission))
    return { kind, name, organisation: organisationId, person: personId, key: keyId, role, permissions }
  },
})

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
