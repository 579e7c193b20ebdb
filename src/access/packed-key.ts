import type { KeyId, OrganisationId, PersonId, Sha256 } from '../core/ids.ts'
import { cellEnd, cellsOf, numberIn } from '../core/packed-rows.ts'
import type { Role } from '../core/principal.ts'
import { keyLimits, type KeyLimits } from './key-limits-schema.ts'
import { noLimits } from './key-limits.ts'
import { packedKeyColumns, type PackedKey, type StoredKey } from './store.ts'

/** All that stands in it. @throws for a row that is none, or whose limits cannot be read: it must not open what it narrowed */
export function keyIn(row: PackedKey): StoredKey {
  const [
    hash,
    formerHash,
    revokedAt,
    id,
    organisationId,
    personId,
    name,
    prefix,
    role,
    service,
    createdAt,
    lastUsedAt,
    expiresAt,
    limits,
  ] = cellsOf(row, packedKeyColumns)
  return {
    id: id as KeyId,
    name,
    prefix,
    hash: hash as Sha256,
    formerHash: formerHash === '' ? null : (formerHash as Sha256),
    createdAt: Number(createdAt),
    lastUsedAt: numberIn(lastUsedAt),
    revokedAt: numberIn(revokedAt),
    organisationId: organisationId as OrganisationId,
    personId: personId === '' ? null : (personId as PersonId),
    role: role as Role,
    service: service === '1',
    expiresAt: numberIn(expiresAt),
    limits: limitsIn(limits),
  }
}

function limitsIn(text: string): KeyLimits {
  return text === '{}' ? noLimits : keyLimits.parse(JSON.parse(text))
}

/** Which key it is, and what it is asked with, without reading the rest. */
export function secretsIn(row: PackedKey): Pick<StoredKey, 'id' | 'hash' | 'formerHash'> {
  const hashEnd = row.indexOf(cellEnd)
  const formerEnd = row.indexOf(cellEnd, hashEnd + 1)
  const idFrom = row.indexOf(cellEnd, formerEnd + 1) + 1
  const former = formerEnd === hashEnd + 1 ? null : (row.slice(hashEnd + 1, formerEnd) as Sha256)
  const id = row.slice(idFrom, row.indexOf(cellEnd, idFrom)) as KeyId
  return { id, hash: row.slice(0, hashEnd) as Sha256, formerHash: former }
}

/** Whose it is, likewise. */
export function ownerIn(row: PackedKey): Pick<StoredKey, 'organisationId' | 'personId'> {
  const [, , , , organisationId, personId] = row.split(cellEnd, 6) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  return {
    organisationId: organisationId as OrganisationId,
    personId: personId === '' ? null : (personId as PersonId),
  }
}

/** Whether it lets nobody in any more, likewise. */
export function isRevoked(row: PackedKey): boolean {
  const at = row.indexOf(cellEnd, row.indexOf(cellEnd) + 1) + 1
  return !row.startsWith(cellEnd, at)
}
