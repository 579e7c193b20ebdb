import type { Audit } from '../../src/audit/audit.ts'
import type { KeyId, RequestId } from '../../src/core/ids.ts'
import { homeOrganisation, type Principal } from '../../src/core/principal.ts'
import { engineRequest } from './engine-request.ts'

const principal = {
  kind: 'key',
  keyId: 'key_writer' as KeyId,
  name: 'writer',
  organisationId: homeOrganisation,
  personId: null,
  role: 'member',
  endUser: null,
  network: null,
} as unknown as Principal

/** A request that the log accepted, as the pipeline would have it. */
export function acceptedRequest(audit: Audit): ReturnType<Audit['record']['open']> {
  const request = engineRequest('fake', 'What is in the box?')
  const id = `req_${Math.random().toString(36).slice(2)}` as RequestId
  return audit.record.open({ id, model: 'fake', kind: 'answer', work: request, request }, principal)
}
