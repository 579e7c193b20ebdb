import type { Kysely, Selectable } from 'kysely'
import type { KeyLimits } from '../access/key-limits-schema.ts'
import { noLimits } from '../access/key-limits.ts'
import {
  packedKeyColumns,
  type KeyPage,
  type KeyPlace,
  type KeyStore,
  type StoredKey,
} from '../access/store.ts'
import type { ActLeaf } from '../core/acts.ts'
import type { KeyId, Sha256 } from '../core/ids.ts'
import { lastCells } from '../core/packed-rows.ts'
import { announceAccess, type AccessChange } from './access-changes.ts'
import { appendAct } from './audit-store.ts'
import { packed } from './packed.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlKeyStore implements KeyStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async insert(key: StoredKey, entry: ActLeaf | null): Promise<void> {
    const revision = await announceAccess(this.#database, [{ kind: 'key', id: key.id }])
    await this.#database
      .insertInto('keys')
      .values({
        id: key.id,
        name: key.name,
        prefix: key.prefix,
        hash: key.hash,
        former_hash: key.formerHash,
        created_at: key.createdAt,
        last_used_at: key.lastUsedAt,
        revoked_at: key.revokedAt,
        organisation_id: key.organisationId,
        person_id: key.personId,
        role: key.role,
        service: key.service ? 1 : 0,
        expires_at: key.expiresAt,
        limits: textOf(key.limits),
        revision,
      })
      .execute()
    await appendAct(this.#database, entry)
  }

  async list(): Promise<StoredKey[]> {
    const rows = await this.#database
      .selectFrom('keys')
      .selectAll()
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return await keysOf(rows)
  }

  async since(place: KeyPlace | null, limit: number): Promise<KeyPage> {
    let query = this.#database.selectFrom('keys').selectAll()
    if (place === null) query = query.where('revoked_at', 'is', null)
    else {
      const { revision, id } = place
      query = query.where((where) => where(where.refTuple('revision', 'id'), '>', where.tuple(revision, id)))
    }
    const page = query.orderBy('revision').orderBy('id').limit(limit)
    const keys = await packed(this.#database, page, packedKeyColumns)
    const last = lastCells(keys)
    const upTo =
      last.length === 0
        ? place
        : { revision: Number(last.at(-1)), id: last[packedKeyColumns.indexOf('id')] as KeyId }
    return { keys, upTo, more: keys.count === limit }
  }

  async rotate(
    id: KeyId,
    { hash, prefix, keepFormer }: { hash: Sha256; prefix: string; keepFormer: boolean },
    entry: ActLeaf | null,
  ): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('keys')
      .set((row) => ({ hash, prefix, former_hash: keepFormer ? row.ref('hash') : null }))
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    await this.#announce(id)
    await appendAct(this.#database, entry)
    return true
  }

  async revoke(id: KeyId, at: number, entry: ActLeaf | null): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('keys')
      .set({ revoked_at: at })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    const sessions = await this.#database
      .deleteFrom('sessions')
      .where('key_id', '=', id)
      .returning('id')
      .execute()
    await this.#announce(
      id,
      sessions.map((session) => ({ kind: 'session', id: session.id })),
    )
    await appendAct(this.#database, entry)
    return true
  }

  async recordUses(uses: readonly { readonly id: KeyId; readonly at: number }[]): Promise<void> {
    // Not announced: nobody decides anything by it.
    for (const { id, at } of uses) {
      await this.#database
        .updateTable('keys')
        .set({ last_used_at: at })
        .where('id', '=', id)
        .where((where) => where.or([where('last_used_at', 'is', null), where('last_used_at', '<', at)]))
        .execute()
    }
  }

  async #announce(id: KeyId, others: readonly AccessChange[] = []): Promise<void> {
    const revision = await announceAccess(this.#database, [{ kind: 'key', id }, ...others])
    await this.#database.updateTable('keys').set({ revision }).where('id', '=', id).execute()
  }
}

async function keysOf(rows: readonly Selectable<Database['keys']>[]): Promise<StoredKey[]> {
  return await Promise.all(rows.map(keyOf))
}

async function keyOf(row: Selectable<Database['keys']>): Promise<StoredKey> {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    hash: row.hash,
    formerHash: row.former_hash,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    organisationId: row.organisation_id,
    personId: row.person_id,
    role: row.role,
    service: row.service === 1,
    expiresAt: row.expires_at,
    limits: row.limits === '{}' ? noLimits : await narrowed(row.limits),
  }
}

const unnarrowed = JSON.stringify(noLimits)

function textOf(limits: KeyLimits): string {
  const text = JSON.stringify(limits)
  return text === unnarrowed ? '{}' : text
}

/**
 * Most keys are not narrowed, and many are read at start: the schema is loaded for the first that is. A row that cannot
 * be read must not open what it narrowed.
 */
async function narrowed(text: string): Promise<KeyLimits> {
  const { keyLimits } = await import('../access/key-limits-schema.ts')
  return keyLimits.parse(JSON.parse(text))
}
