/** Records as a store keeps them, told apart by a name. */
import { createHash } from 'node:crypto'
import type { Acceptance } from '../../src/access/acceptances/acceptances.ts'
import type { Person } from '../../src/access/directory.ts'
import { noLimits } from '../../src/access/key-limits.ts'
import type { Quota } from '../../src/access/quotas/quota.ts'
import type { StoredKey, StoredLink, StoredSession } from '../../src/access/store.ts'
import type { KeyId, PersonId, SessionId, Sha256 } from '../../src/core/ids.ts'
import { homeOrganisation } from '../../src/core/principal.ts'

export function sha256(text: string): Sha256 {
  return createHash('sha256').update(text).digest('hex') as Sha256
}

export function storedKey(name: string, createdAt = 1000): StoredKey {
  const hash = sha256(`key ${name}`)
  const id = `key_${hash.slice(0, 16)}` as KeyId
  return {
    id,
    name,
    prefix: 'elpis-abcd',
    hash,
    formerHash: null,
    createdAt,
    lastUsedAt: null,
    revokedAt: null,
    organisationId: homeOrganisation,
    personId: null,
    role: 'member',
    service: false,
    expiresAt: null,
    limits: noLimits,
  }
}

export function storedSession(name: string, keyId: KeyId | null, createdAt = 1000): StoredSession {
  const hash = sha256(`session ${name}`)
  return {
    id: `ses_${hash.slice(0, 16)}` as SessionId,
    hash,
    keyId,
    personId: null,
    method: null,
    agent: null,
    network: null,
    createdAt,
    expiresAt: createdAt + 1000,
  }
}

export function storedLink(name: string, createdAt = 1000): StoredLink {
  return { hash: sha256(`link ${name}`), createdAt, expiresAt: createdAt + 1000 }
}

export function storedPerson(name: string): Person {
  return {
    id: `person_${name}` as PersonId,
    organisationId: homeOrganisation,
    name,
    email: `${name}@home.example`,
    role: 'member',
    createdAt: 1000,
  }
}

export function storedQuota(name: string): Quota {
  return {
    id: `quota_${name}`,
    subject: 'person:*',
    organisationId: null,
    model: null,
    meter: 'requests',
    period: 'day',
    amount: 10,
    createdAt: 1000,
  }
}

export function storedAcceptance({ id, organisationId }: Person): Acceptance {
  return {
    account: id,
    document: 'terms',
    version: sha256('terms'),
    organisationId,
    personId: id,
    keyId: null,
    acceptedAt: 1200,
  }
}
