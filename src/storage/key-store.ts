import type { Kysely } from 'kysely'
import type { KeyStore, StoredKey } from '../access/store.ts'
import type { KeyId } from '../core/ids.ts'
import type { Database } from './schema.ts'
import { announce } from './versions.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlKeyStore implements KeyStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async insert(key: StoredKey): Promise<void> {
    await this.#database
      .insertInto('keys')
      .values({
        id: key.id,
        name: key.name,
        prefix: key.prefix,
        hash: key.hash,
        created_at: key.createdAt,
        last_used_at: key.lastUsedAt,
        revoked_at: key.revokedAt,
      })
      .execute()
    await announce(this.#database, 'access')
  }

  async list(): Promise<StoredKey[]> {
    return await this.#database
      .selectFrom('keys')
      .select(['id', 'name', 'prefix', 'hash'])
      .select(['created_at as createdAt', 'last_used_at as lastUsedAt', 'revoked_at as revokedAt'])
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  }

  async revoke(id: KeyId, at: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('keys')
      .set({ revoked_at: at })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    await this.#database.deleteFrom('sessions').where('key_id', '=', id).execute()
    await announce(this.#database, 'access')
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
}
