import type { Kysely } from 'kysely'
import type { Account, ResponseId } from '../core/ids.ts'
import type { ResponseStore, StoredResponse } from '../kept/store.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlResponseStore implements ResponseStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async insert(response: StoredResponse, mostBytes: number): Promise<void> {
    const { id, account, subject, previousId, createdAt, expiresAt, bytes, content } = response
    await this.#database
      .insertInto('responses')
      .values({
        id,
        account,
        subject,
        previous_id: previousId,
        created_at: createdAt,
        expires_at: expiresAt,
        bytes,
        content,
      })
      .execute()
    await this.#makeRoom(account, mostBytes, id)
  }

  async find(account: Account, id: ResponseId, now: number): Promise<StoredResponse | null> {
    const row = await this.#database
      .selectFrom('responses')
      .select(['id', 'account', 'subject', 'previous_id as previousId', 'created_at as createdAt'])
      .select(['expires_at as expiresAt', 'bytes', 'content'])
      .where('id', '=', id)
      .where('account', '=', account)
      .where('expires_at', '>', now)
      .executeTakeFirst()
    return row ?? null
  }

  async chain(
    account: Account,
    id: ResponseId,
    now: number,
    bounds: { readonly links: number; readonly bytes: number },
  ): Promise<StoredResponse[] | null | 'too-long'> {
    const chain: StoredResponse[] = []
    let bytes = 0
    for (let next: ResponseId | null = id; next !== null;) {
      const link: StoredResponse | null = await this.find(account, next, now)
      if (link === null) return null
      bytes += link.bytes
      if (bytes > bounds.bytes || chain.length === bounds.links) return 'too-long'
      chain.unshift(link)
      next = link.previousId
    }
    return chain
  }

  async delete(account: Account, id: ResponseId, now: number): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('responses')
      .where('id', '=', id)
      .where('account', '=', account)
      .where('expires_at', '>', now)
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  async prune(now: number): Promise<void> {
    await this.#database.deleteFrom('responses').where('expires_at', '<=', now).execute()
  }

  /** Deletes the oldest, never the one that was just kept. */
  async #makeRoom(account: Account, mostBytes: number, kept: ResponseId): Promise<void> {
    const { total } = await this.#database
      .selectFrom('responses')
      .select(({ fn }) => fn.sum<number | bigint>('bytes').as('total'))
      .where('account', '=', account)
      .executeTakeFirstOrThrow()
    for (let excess = Number(total) - mostBytes; excess > 0;) {
      const oldest = await this.#database
        .selectFrom('responses')
        .select(['id', 'bytes'])
        .where('account', '=', account)
        .where('id', '!=', kept)
        .orderBy('created_at')
        .orderBy('id')
        .executeTakeFirst()
      if (oldest === undefined) return
      await this.#database.deleteFrom('responses').where('id', '=', oldest.id).execute()
      excess -= oldest.bytes
    }
  }
}
