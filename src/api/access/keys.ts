/** Keys, of others and one's own. */
import { z } from 'zod'
import { keyLimits } from '../../access/key-limits-schema.ts'
import { elpisError } from '../../errors.ts'
import { defineAccessOperation } from './operation.ts'
import { keyView, newKeyView, role, viewOfKey, viewOfNewKey, which } from './views.ts'

const nothing = z.strictObject({})
const keyList = z.object({ keys: z.array(keyView) })

/** What anybody may say of a key of their own. */
const ownKey = {
  name: z.string().max(1000),
  expires_at: z.iso.datetime().nullish().describe('From then on it lets nobody in.'),
  limits: keyLimits.optional(),
}

function wishOf({
  expires_at,
  limits,
}: {
  expires_at?: string | null | undefined
  limits?: z.output<typeof keyLimits> | undefined
}) {
  return { expiresAt: expires_at == null ? null : Date.parse(expires_at), limits }
}

export const createKey = defineAccessOperation({
  name: 'keys.create',
  summary: 'Make a key, which is shown once; it never exceeds its minter',
  method: 'POST',
  path: '/v1/admin/keys',
  needs: 'keys.write',
  input: z.strictObject({
    ...ownKey,
    organisation: which.nullish().describe('Left out: that of the person, or one’s own.'),
    person: which.nullish().describe('Left out: it is of the organisation as a whole.'),
    role: role.nullish().describe('Most that it may do. Default member.'),
    service: z.boolean().nullish().describe('Its secret can be changed with both working meanwhile.'),
  }),
  output: newKeyView,
  run: async (access, { name, organisation, person, role, service, ...rest }, by) => {
    const wish = {
      ...wishOf(rest),
      organisation: organisation ?? undefined,
      person: person ?? undefined,
      role: role ?? undefined,
      service: service ?? undefined,
    }
    return viewOfNewKey(await access.createKey(name, wish, by))
  },
})

export const listKeys = defineAccessOperation({
  name: 'keys.list',
  summary: 'List keys, the revoked ones too; never the keys themselves',
  method: 'GET',
  path: '/v1/admin/keys',
  needs: 'keys.read',
  input: nothing,
  output: keyList,
  run: async (access, _input, by) => ({ keys: (await access.listKeys(by)).map(viewOfKey) }),
})

export const rotateKey = defineAccessOperation({
  name: 'keys.rotate',
  summary: 'Give a service key a new secret',
  method: 'POST',
  path: '/v1/admin/keys/:key/rotate',
  needs: 'keys.write',
  input: z.strictObject({
    key: which,
    keep_former: z
      .boolean()
      .default(true)
      .describe('The secret before works on until the next rotation; else it ends at once.'),
  }),
  output: newKeyView,
  run: async (access, { key, keep_former }, by) => viewOfNewKey(await access.rotateKey(key, keep_former, by)),
})

export const revokeKey = defineAccessOperation({
  name: 'keys.revoke',
  summary: 'End a key, its sessions and what they are running',
  method: 'DELETE',
  path: '/v1/admin/keys/:key',
  needs: 'keys.write',
  input: z.strictObject({ key: which }),
  output: keyView,
  run: async (access, { key }, by) => viewOfKey(await access.revokeKey(key, by)),
})

export const myKeys = defineAccessOperation({
  name: 'me.keys',
  summary: 'List one’s own keys',
  method: 'GET',
  path: '/v1/me/keys',
  needs: 'self',
  input: nothing,
  output: keyList,
  run: async (access, _input, by) => ({ keys: (await access.ownKeys(myself(by))).map(viewOfKey) }),
})

/** Strict: neither a role, nor an organisation, nor a person, nor a quota can be set from here. */
export const createMyKey = defineAccessOperation({
  name: 'me.keys.create',
  summary: 'Make a key of one’s own, as a member of one’s organisation',
  method: 'POST',
  path: '/v1/me/keys',
  needs: 'self',
  input: z.strictObject(ownKey),
  output: newKeyView,
  run: async (access, { name, ...rest }, by) => {
    const { personId } = myself(by)
    if (personId === null) throw elpisError('needs_person')
    return viewOfNewKey(await access.createKey(name, { ...wishOf(rest), person: personId }, by))
  },
})

export const revokeMyKey = defineAccessOperation({
  name: 'me.keys.revoke',
  summary: 'End one of one’s own keys',
  method: 'DELETE',
  path: '/v1/me/keys/:key',
  needs: 'self',
  input: z.strictObject({ key: which }),
  output: keyView,
  async run(access, { key }, by) {
    const own = (await access.ownKeys(myself(by))).find(({ id }) => id === key)
    if (own === undefined) throw elpisError('key_not_found', { key: key.slice(0, 40) })
    return viewOfKey(await access.revokeKey(own.id, by))
  },
})

/** These have no meaning for whoever sits at the machine. */
export function myself<By>(by: By | undefined): By {
  if (by === undefined) throw elpisError('key_missing')
  return by
}
