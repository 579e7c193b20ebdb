/** How organisations, people, keys and quotas are written down for the admin API. Never a secret, never a hash. */
import { z } from 'zod'
import type { KeyInfo } from '../../access/access.ts'
import type { Organisation, Person } from '../../access/directory.ts'
import { keyLimits } from '../../access/key-limits-schema.ts'
import { roles } from '../../access/permissions.ts'
import { meters, periods, type Quota } from '../../access/quotas/quota.ts'

const time = z.iso.datetime().describe('ISO 8601, in universal time.')

/** By id or name. */
export const which = z.string().min(1).max(300)
export const role = z.enum(roles)

export const organisationView = z.object({ id: z.string(), name: z.string(), created_at: time })

export const personView = z.object({
  id: z.string(),
  organisation: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role,
  created_at: time,
})

export const keyView = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('The first characters of the key.'),
  organisation: z.string(),
  person: z.string().nullable(),
  role,
  service: z.boolean(),
  created_at: time,
  last_used_at: time.nullable(),
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
  limits: keyLimits,
})

/** The only time that a key is shown. */
export const newKeyView = z.object({
  id: z.string(),
  key: z.string(),
  name: z.string(),
  organisation: z.string(),
  person: z.string().nullable(),
  expires_at: time.nullable(),
})

export const quotaView = z.object({
  id: z.string(),
  subject: z.string(),
  organisation: z.string().nullable().describe('Who set it; null: whoever runs this server.'),
  model: z.string().nullable(),
  meter: z.enum(meters),
  period: z.enum(periods).nullable(),
  amount: z.int(),
  used: z.int().nullable().describe('Reserved amounts included; null where each of many has their own.'),
})

function iso(at: number): string
function iso(at: number | null): string | null
function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

/** An organisation as the admin API shows it; times as ISO 8601. */
export function viewOfOrganisation({ id, name, createdAt }: Organisation): z.output<typeof organisationView> {
  return { id, name, created_at: iso(createdAt) }
}

/** A person as the admin API shows them, without anything of their sign-in. */
export function viewOfPerson(person: Person): z.output<typeof personView> {
  const { id, organisationId, name, email, role, createdAt } = person
  return { id, organisation: organisationId, name, email, role, created_at: iso(createdAt) }
}

/** A key as the admin API shows it: its prefix, never the key or its hash. */
export function viewOfKey(key: KeyInfo): z.output<typeof keyView> {
  const { id, name, prefix, organisationId, personId, role, service, limits } = key
  return {
    id,
    name,
    prefix,
    organisation: organisationId,
    person: personId,
    role,
    service,
    created_at: iso(key.createdAt),
    last_used_at: iso(key.lastUsedAt),
    expires_at: iso(key.expiresAt),
    revoked_at: iso(key.revokedAt),
    limits,
  }
}

/** The answer that shows a new key, the only one that holds the key itself. */
export function viewOfNewKey(made: {
  readonly id: string
  readonly key: string
  readonly name: string
  readonly organisationId: string
  readonly personId: string | null
  readonly expiresAt: number | null
}): z.output<typeof newKeyView> {
  const { id, key, name, organisationId, personId, expiresAt } = made
  return { id, key, name, organisation: organisationId, person: personId, expires_at: iso(expiresAt) }
}

/** A quota with what was used of it in its current period; null where it is one for each of many. */
export function viewOfQuota(quota: Quota, used: number | null): z.output<typeof quotaView> {
  const { id, subject, organisationId, model, meter, period, amount } = quota
  return { id, subject, organisation: organisationId, model, meter, period, amount, used }
}
