import type { OrganisationId, PersonId } from '../core/ids.ts'
import type { Role } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import type { KeyLimits } from './key-limits-schema.ts'
import { heldTo, noLimits } from './key-limits.ts'
import { covers, permits } from './permissions.ts'

/** What a new key shall be. What is left out is as narrow as its minter, or open where nobody is above. */
export interface KeyWish {
  /** By id or name. */
  readonly organisation?: string | undefined
  /** Whose it is, by id, e-mail or name. */
  readonly person?: string | undefined
  /** Its most; that of a member when left out. */
  readonly role?: Role | undefined
  readonly service?: boolean | undefined
  readonly expiresAt?: number | null | undefined
  readonly limits?: KeyLimits | undefined
}

/** Who makes a key, as far as that bounds it. */
export interface Minter {
  readonly organisationId: OrganisationId
  readonly personId: PersonId | null
  readonly role: Role
  readonly expiresAt: number | null
  readonly limits: KeyLimits
  /** May make keys for all of the organisation; others make keys for themselves only. */
  readonly manages: boolean
}

/** What of a key is bounded by its minter. */
interface Bounds {
  readonly role: Role
  readonly expiresAt: number | null
  readonly limits: KeyLimits
}

/**
 * The bounds of a key that `minter` makes; null is whoever sits at the machine.
 *
 * @throws `beyond_minter` naming what exceeds it
 */
export function boundsOf(wish: KeyWish, minter: Minter | null, now: number): Bounds {
  const { role = 'member', expiresAt = null, limits = noLimits } = wish
  if (expiresAt !== null && expiresAt <= now)
    throw elpisError('invalid_request', { problem: 'expires_at: lies in the past' })
  if (minter === null) return { role, expiresAt, limits }
  if (!covers(minter.role, role)) throw elpisError('beyond_minter', { what: `role: ${role}` })
  if (wish.service === true && !permits(minter.role, 'keys.write'))
    throw elpisError('beyond_minter', { what: 'service' })
  if (minter.expiresAt !== null && expiresAt !== null && expiresAt > minter.expiresAt)
    throw elpisError('beyond_minter', { what: 'expires_at' })
  return { role, expiresAt: expiresAt ?? minter.expiresAt, limits: heldTo(limits, minter.limits) }
}
