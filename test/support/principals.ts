import { homeOrganisation, type Identity, type Principal } from '../../src/core/principal.ts'

/** Of the organisation that every home has, and nothing else. */
export const ofHome: Identity = {
  organisationId: homeOrganisation,
  personId: null,
  role: 'member',
  endUser: null,
  device: null,
  network: null,
}

export function keyPrincipal(keyId: string, name: string, changes: Partial<Identity> = {}): Principal {
  return { ...ofHome, ...changes, kind: 'key', keyId: keyId as never, name }
}
