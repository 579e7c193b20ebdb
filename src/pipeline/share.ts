import type { Principal } from '../core/principal.ts'
import type { Share } from '../core/request.ts'

/** What an engine is told of who asks: enough to be fair, not enough to know. */
export function shareOf(principal: Principal): Share {
  const account = principal.kind === 'key' ? principal.keyId : (principal.keyId ?? principal.sessionId)
  return { account, weight: 1, cacheScope: principal.organisationId }
}
