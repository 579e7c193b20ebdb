import { z } from 'zod'
import type { Access, KeyInfo } from '../../access/access.ts'
import { keyLimits } from '../../access/key-limits-schema.ts'
import { roles } from '../../access/permissions.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import type { Whose } from '../whose.ts'

const time = z.number().describe('Epoch milliseconds.')
export const keyView = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('Its first characters.'),
  organisation_id: z.string(),
  person_id: z.string().nullable(),
  whose: z.string().describe('The name of its person, or of its organisation.'),
  role: z.enum(roles),
  service: z.boolean(),
  created_at: time,
  last_used_at: time.nullable(),
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
  limits: keyLimits.extend({ networks: z.array(z.string()).nullable() }),
})
export const newKeyView = z.object({
  id: z.string(),
  name: z.string(),
  key: z.string().describe('Shown this once.'),
})

const refusals = {
  403: { description: 'A key never exceeds its minter.', schema: errorBody },
  404: { description: 'No such key within reach.', schema: errorBody },
}

/** Keys: one's own for everybody, all of the organisation for those who manage them. */
export function keyRoutes(
  access: Pick<Access, 'createKey' | 'listKeys' | 'named' | 'revokeKey' | 'rotateKey'>,
  whose: Whose,
): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/keys',
      summary: 'List keys, never the keys themselves',
      needs: 'self',
      answers: { 200: { description: 'All within reach.', schema: z.object({ keys: z.array(keyView) }) } },
      async handle({ exchange }) {
        const { principal } = await whose(exchange.credentials)
        return { keys: (await access.listKeys(principal)).map((key) => viewOf(access, key)) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/keys',
      summary: 'Make a key, that may do no more than whoever makes it',
      needs: 'self',
      body: z.strictObject({
        name: z.string().max(1000),
        person: z.string().max(320).optional().describe('Whose it is, by id, e-mail or name.'),
        role: z.enum(roles).optional().describe('Its most; member when left out.'),
        service: z.boolean().optional(),
        expires_at: time.nullable().optional(),
        limits: keyLimits.optional(),
      }),
      answers: { 200: { description: 'The key.', schema: newKeyView }, ...refusals },
      async handle({ exchange, body }) {
        const { principal } = await whose(exchange.credentials)
        const { name, expires_at: expiresAt, ...wish } = body
        const made = await access.createKey(name, { ...wish, expiresAt }, principal)
        return { id: made.id, name: made.name, key: made.key }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/keys/:id/rotate',
      documentedPath: '/v1/keys/{id}/rotate',
      summary: 'Give a service key a new secret',
      needs: 'self',
      body: z.strictObject({
        keep_former: z.boolean().default(true).describe('The one before works on until the next rotation.'),
      }),
      answers: { 200: { description: 'The key.', schema: newKeyView }, ...refusals },
      async handle({ exchange, names, body }) {
        const { principal } = await whose(exchange.credentials)
        const made = await access.rotateKey(names['id'] ?? '', body.keep_former, principal)
        return { id: made.id, name: made.name, key: made.key }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/keys/:id',
      documentedPath: '/v1/keys/{id}',
      summary: 'End a key, its sessions and what they are running',
      needs: 'self',
      answers: { 200: { description: 'What it was.', schema: keyView }, ...refusals },
      async handle({ exchange, names }) {
        const { principal } = await whose(exchange.credentials)
        return viewOf(access, await access.revokeKey(names['id'] ?? '', principal))
      },
    }),
  ]
}

function viewOf(access: Pick<Access, 'named'>, key: KeyInfo): z.infer<typeof keyView> {
  const { organisationId, personId } = key
  const whose = personId === null ? access.named('org', organisationId) : access.named('person', personId)
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    organisation_id: key.organisationId,
    person_id: key.personId,
    whose: whose?.name ?? personId ?? organisationId,
    role: key.role,
    service: key.service,
    created_at: key.createdAt,
    last_used_at: key.lastUsedAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    limits: key.limits,
  }
}
