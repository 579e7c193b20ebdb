import type { Principal } from '../../core/principal.ts'
import type { Acting } from './operation.ts'

/** Somebody with a key or a session, as the one who acts. */
export function actingAs({ personId, keyId, role }: Principal): Acting {
  return { id: personId ?? keyId ?? 'owner', role }
}
