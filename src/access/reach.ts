import type { OrganisationId } from '../core/ids.ts'
import { homeOrganisation, type Principal } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { permits, type Permission } from './permissions.ts'

/** Whether somebody sees and changes things of an organisation. The home's own people run the server, and see all. */
export function reaches(by: Principal | undefined, organisation: OrganisationId): boolean {
  return by === undefined || by.organisationId === organisation || by.organisationId === homeOrganisation
}

/**
 * Whoever sits at the machine may do everything.
 *
 * @throws `not_permitted`
 */
export function demand(by: Principal | undefined, permission: Permission): void {
  if (by !== undefined && !permits(by.role, permission)) throw notPermitted(by, permission)
}

/** `not_permitted` (403), which names the role and the permission that it lacks. */
export function notPermitted({ role }: Principal, permission: Permission) {
  return elpisError('not_permitted', { role, permission })
}
