import type { Principal } from '../core/principal.ts'
import type { Share } from '../core/request.ts'

/** How much of an engine somebody gets while others wait, by id of a key, person or organisation; 1 where nothing stands. */
export type Weights = Readonly<Record<string, number>>

/** What an engine is told of who asks: enough to be fair, not enough to know. */
export function shareOf(principal: Principal, weights: Weights = {}): Share {
  const { keyId, personId, organisationId } = principal
  const account = principal.kind === 'key' ? principal.keyId : (keyId ?? principal.sessionId)
  const known = [keyId, personId, organisationId].find((id) => id !== null && Object.hasOwn(weights, id))
  return { account, weight: known == null ? 1 : weights[known]!, cacheScope: organisationId }
}
