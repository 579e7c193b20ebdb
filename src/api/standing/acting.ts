import { homeOrganisation, type Principal } from '../../core/principal.ts'
import type { Acting } from './operation.ts'

/** Somebody with a key or a session, as the one who acts. */
export function actingAs({ organisationId, personId, keyId, role }: Principal): Acting {
  return {
    id: personId ?? keyId ?? 'owner',
    person: personId ?? 'owner',
    role,
    atHome: organisationId === homeOrganisation,
  }
}
