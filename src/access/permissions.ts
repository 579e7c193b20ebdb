/**
 * Who may do what: the one table of roles. A route names the permission it needs, a key may be narrowed to some of its
 * role's. All but those of `org_home` reach their own organisation only.
 */
import type { Role } from '../core/principal.ts'

const everybody = ['owner', 'admin', 'reviewer', 'auditor', 'member'] as const
const managing = ['owner', 'admin'] as const
const watching = ['owner', 'admin', 'auditor'] as const

/**
 * Permission → the roles that have it. Reviewers and auditors are kept apart from those who manage: only an owner has all
 * of it, so that only an owner can make one of them.
 */
export const permissions = {
  // What people come for
  models: everybody,
  answers: everybody,
  embeddings: everybody,
  rerank: everybody,
  tokenize: everybody,
  files: everybody,
  batches: everybody,
  /** Oneself: who one is, one's own keys, usage, cases, acceptances. */
  self: everybody,

  // Who is let in
  'organisations.read': watching,
  'organisations.write': ['owner'],
  'people.read': watching,
  'people.write': managing,
  'keys.read': watching,
  'keys.write': managing,
  'quotas.read': watching,
  'quotas.write': managing,
  'usage.read': watching,

  // Who behaves
  'standing.read': ['owner', 'admin', 'reviewer', 'auditor'],
  'standing.act': ['owner', 'admin', 'reviewer'],
  'policies.read': ['owner', 'admin', 'reviewer', 'auditor'],
  'policies.write': managing,

  // What was said
  'audit.read': ['owner', 'auditor'],
  'content.read': ['owner', 'reviewer'],

  // The server itself
  'server.read': watching,
  'server.act': managing,
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof permissions

export const allPermissions = Object.keys(permissions) as readonly Permission[]

export const roles = everybody

/** Whether a role has a permission, by the table above. A key's own limits are not looked at here. */
export function permits(role: Role, permission: Permission): boolean {
  return (permissions[permission] as readonly Role[]).includes(role)
}

/** Whether one role may do all that another may. */
export function covers(role: Role, other: Role): boolean {
  return allPermissions.every((permission) => permits(role, permission) || !permits(other, permission))
}

/** What is left of two roles where both bind: the lesser one; of two that are beside each other, neither. */
export function lesser(one: Role, other: Role): Role {
  return covers(one, other) ? other : covers(other, one) ? one : 'member'
}
