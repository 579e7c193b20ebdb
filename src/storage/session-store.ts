import type { Kysely } from 'kysely'
import type { SessionStore, StoredLink, StoredSession } from '../access/store.ts'
import type { SessionId, Sha256 } from '../core/ids.ts'
import { announceAccess } from './access-changes.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlSessionStore implements SessionStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async insert(session: StoredSession, evicted: readonly SessionId[]): Promise<boolean> {
    if (session.keyId !== null) {
      const key = await this.#database
        .selectFrom('keys')
        .select('id')
        .where('id', '=', session.keyId)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      if (key === undefined) return false
    }
    if (session.personId !== null) {
      const person = await this.#database
        .selectFrom('people')
        .select('id')
        .where('id', '=', session.personId)
        .where('removed_at', 'is', null)
        .executeTakeFirst()
      if (person === undefined) return false
    }
    if (evicted.length > 0) {
      await this.#database.deleteFrom('sessions').where('id', 'in', evicted).execute()
    }
    await this.#database
      .insertInto('sessions')
      .values({
        id: session.id,
        hash: session.hash,
        key_id: session.keyId,
        person_id: session.personId,
        method: session.method,
        agent: session.agent,
        network: session.network,
        created_at: session.createdAt,
        expires_at: session.expiresAt,
      })
      .execute()
    await announceAccess(
      this.#database,
      [session.id, ...evicted].map((id) => ({ kind: 'session', id })),
    )
    return true
  }

  async delete(id: SessionId): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('sessions')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) return false
    await announceAccess(this.#database, [{ kind: 'session', id }])
    return true
  }

  async insertLink({ hash, createdAt, expiresAt }: StoredLink): Promise<void> {
    await this.#database
      .insertInto('sign_in_links')
      .values({ hash, created_at: createdAt, expires_at: expiresAt })
      .execute()
    await announceAccess(this.#database, [{ kind: 'link', id: hash }])
  }

  async redeemLink(
    link: Sha256,
    session: StoredSession,
    evicted: readonly SessionId[],
    now: number,
  ): Promise<boolean> {
    // Deleting is the use: of two that try at once, one finds nothing left to delete.
    const { numDeletedRows } = await this.#database
      .deleteFrom('sign_in_links')
      .where('hash', '=', link)
      .where('expires_at', '>', now)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) return false
    await announceAccess(this.#database, [{ kind: 'link', id: link }])
    return await this.insert(session, evicted)
  }

  async live(now: number): Promise<{ sessions: StoredSession[]; links: StoredLink[] }> {
    return { sessions: await this.#sessions(now).execute(), links: await this.#links(now).execute() }
  }

  /** Those of these that have not ended at `now`. */
  async sessions(ids: readonly string[], now: number): Promise<StoredSession[]> {
    return await this.#sessions(now)
      .where('id', 'in', ids as readonly SessionId[])
      .execute()
  }

  /** As `sessions`, by their hashes. */
  async links(hashes: readonly string[], now: number): Promise<StoredLink[]> {
    return await this.#links(now)
      .where('hash', 'in', hashes as readonly Sha256[])
      .execute()
  }

  #sessions(now: number) {
    return this.#database
      .selectFrom('sessions')
      .select(['id', 'hash', 'key_id as keyId', 'created_at as createdAt', 'expires_at as expiresAt'])
      .select(['person_id as personId', 'method', 'agent', 'network'])
      .where('expires_at', '>', now)
      .orderBy('created_at')
      .orderBy('id')
  }

  #links(now: number) {
    return this.#database
      .selectFrom('sign_in_links')
      .select(['hash', 'created_at as createdAt', 'expires_at as expiresAt'])
      .where('expires_at', '>', now)
  }

  async prune(now: number): Promise<void> {
    await this.#database.deleteFrom('sessions').where('expires_at', '<=', now).execute()
    await this.#database.deleteFrom('sign_in_links').where('expires_at', '<=', now).execute()
  }
}
