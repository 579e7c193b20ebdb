/** What the CLI and a running server say to each other over the control socket: JSON over HTTP. */
import { z } from 'zod'
import { keyLimits } from '../../access/key-limits-schema.ts'
import { roles } from '../../access/permissions.ts'
import type { KeyId, KeySecret, OrganisationId, PersonId } from '../../core/ids.ts'

const time = z.int().describe('Epoch milliseconds.')
const keyId = z.string().transform((text) => text as KeyId)
const organisationId = z.string().transform((text) => text as OrganisationId)
const personId = z
  .string()
  .transform((text) => text as PersonId)
  .nullable()

const which = z.string().min(1).max(300).optional()

export const createKeyBody = z.strictObject({
  name: z.string().max(1000),
  organisation: which,
  person: which,
  role: z.enum(roles).optional(),
  service: z.boolean().optional(),
  expiresAt: time.nullable().optional(),
  limits: keyLimits.optional(),
})
/** By id, display prefix or name. */
export const revokeKeyBody = z.strictObject({ key: z.string().max(1000) })

export const serverStatus = z.object({
  pid: z.int(),
  version: z.string(),
  address: z
    .string()
    .nullable()
    .describe('Where it can be reached, such as http://localhost:4141; null until it listens.'),
  startedAt: time,
  models: z
    .array(z.object({ model: z.string(), state: z.string() }))
    .optional()
    .describe('Those that it serves, and whether they are loaded.'),
})
export const newKey = z.object({
  id: keyId,
  key: z.string().transform((text) => text as KeySecret),
  name: z.string(),
  createdAt: time,
  organisationId,
  personId,
  expiresAt: time.nullable(),
})
export const keyInfo = z.object({
  id: keyId,
  name: z.string(),
  prefix: z.string(),
  createdAt: time,
  lastUsedAt: time.nullable(),
  revokedAt: time.nullable(),
  organisationId,
  personId,
  role: z.enum(roles),
  service: z.boolean(),
  expiresAt: time.nullable(),
  limits: keyLimits,
})
export const keyList = z.object({ keys: z.array(keyInfo) })
/** Names of the adapters that are served, as `model+adapter`. */
export const adapterNames = z.object({ adapters: z.array(z.string()) })
export const signInLink = z.object({ url: z.string(), expiresAt: time })
export const failure = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
})

/** What a running server says of itself. */
export type ServerStatus = z.output<typeof serverStatus>
/** A sign-in link as a browser opens it. */
export type SignInUrl = z.output<typeof signInLink>
