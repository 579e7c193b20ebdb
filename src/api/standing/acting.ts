import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import { homeOrganisation, type Principal } from '../../core/principal.ts'
import { machineOwner, type Acting } from './operation.ts'

/** Somebody with a key or a session, as the one who acts. */
export function actingAs({ organisationId, personId, keyId, role }: Principal): Acting {
  return {
    id: personId ?? keyId ?? 'owner',
    person: personId ?? 'owner',
    role,
    atHome: organisationId === homeOrganisation,
  }
}

const keyHeader = z.string().min(1).max(500)

/** Whoever can open the socket owns the machine; with a key they act as its owner, so that people can be told apart. */
export async function whoActs(headers: IncomingHttpHeaders, access: Pick<Access, 'admit'>): Promise<Acting> {
  const key = headers['x-elpis-key']
  if (key === undefined) return machineOwner
  const admission = await access.admit({ bearer: keyHeader.parse(key), cookie: null })
  admission.release()
  return actingAs(admission.principal)
}
