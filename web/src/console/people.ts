/** People and keys, as calls of the server. */
import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { call, callFor } from '../server/call.ts'

const person = z.object({
  id: z.string(),
  name: z.string(),
  email: z.nullable(z.string()),
  role: z.string(),
  organisation: z.string(),
  created_at: z.number(),
})
const key = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  person_id: z.nullable(z.string()),
  whose: z.string(),
  role: z.string(),
  service: z.boolean(),
  created_at: z.number(),
  last_used_at: z.nullable(z.number()),
  expires_at: z.nullable(z.number()),
  revoked_at: z.nullable(z.number()),
  limits: z.object({
    scopes: z.nullable(z.array(z.string())),
    models: z.nullable(z.array(z.string())),
    rate: z.nullable(z.object({ requests: z.number(), period: z.string() })),
  }),
})

export type Person = z.infer<typeof person>
export type Key = z.infer<typeof key>

export const roles = ['member', 'reviewer', 'auditor', 'admin', 'owner'] as const

export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: ({ signal }) => callFor(z.object({ people: z.array(person) }), '/v1/people', { signal }),
})

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => callFor(z.object({ keys: z.array(key) }), '/v1/keys', { signal }),
})

export interface Guest {
  readonly email: string
  readonly name?: string
  readonly role?: string
}

/** @returns the link that lets them in, once */
export async function invite(guest: Guest): Promise<string> {
  const made = await callFor(z.object({ url: z.string() }), '/v1/invitations', {
    method: 'POST',
    body: guest,
  })
  return made.url
}

export async function setRole({ id, role }: { readonly id: string; readonly role: string }): Promise<void> {
  await call(`/v1/people/${id}/role`, { method: 'POST', body: { role } })
}

export async function removePerson(id: string): Promise<void> {
  await call(`/v1/people/${id}`, { method: 'DELETE' })
}

export interface KeyWish {
  readonly name: string
  readonly role: string
  /** Epoch milliseconds; null for never. */
  readonly expires_at: number | null
  readonly limits: {
    readonly scopes: readonly string[] | null
    readonly models: readonly string[] | null
    readonly rate: { readonly requests: number; readonly period: string } | null
  }
}

/** @returns the key, which is shown this once */
export async function createKey(wish: KeyWish): Promise<string> {
  const made = await callFor(z.object({ key: z.string() }), '/v1/keys', { method: 'POST', body: wish })
  return made.key
}

export async function revokeKey(id: string): Promise<void> {
  await call(`/v1/keys/${id}`, { method: 'DELETE' })
}
