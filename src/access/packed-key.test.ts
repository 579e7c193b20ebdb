import { describe, expect, test } from 'vitest'
import { storedKey } from '../../test/support/stored.ts'
import type { PersonId } from '../core/ids.ts'
import { cellEnd } from '../core/packed-rows.ts'
import { isRevoked, keyIn, ownerIn, secretsIn } from './packed-key.ts'
import { packedKeyColumns, type PackedKey, type StoredKey } from './store.ts'

/** As the store hands it over. */
function packed({ limits: _limits, ...key }: StoredKey, limits = '{}'): PackedKey {
  const cells: Record<string, string | number | boolean | null> = {
    ...key,
    former_hash: key.formerHash,
    revoked_at: key.revokedAt,
    organisation_id: key.organisationId,
    person_id: key.personId,
    service: Number(key.service),
    created_at: key.createdAt,
    last_used_at: key.lastUsedAt,
    expires_at: key.expiresAt,
    limits,
    revision: 7,
  }
  return packedKeyColumns.map((column) => cells[column] ?? '').join(cellEnd) as PackedKey
}

describe('a key as the store hands it over', () => {
  const plain = storedKey('plain')
  const former = { ...storedKey('former'), formerHash: plain.hash, revokedAt: 5, service: true, expiresAt: 9 }

  test.each([plain, former, { ...former, personId: 'person_1' as PersonId }])(
    'is what it was, whole or in part',
    (key) => {
      const row = packed(key)
      const { id, hash, formerHash, organisationId, personId } = key
      expect(keyIn(row)).toEqual(key)
      expect(secretsIn(row)).toEqual({ id, hash, formerHash })
      expect(ownerIn(row)).toEqual({ organisationId, personId })
      expect(isRevoked(row)).toBe(key.revokedAt !== null)
    },
  )

  test('with limits is narrowed, and opens nothing where they cannot be read', () => {
    expect(keyIn(packed(plain, '{"models":["small"]}')).limits.models).toEqual(['small'])
    expect(() => keyIn(packed(plain, '{"models":"small"}'))).toThrow('models')
    expect(() => keyIn(packed(plain, 'no limits'))).toThrow('JSON')
  })
})
