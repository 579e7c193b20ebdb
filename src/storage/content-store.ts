import type { Kysely } from 'kysely'
import type { ContentStore, KeptContent, Notice } from '../audit/store.ts'
import type { ActLeaf } from '../core/acts.ts'
import type { EntryId, SubjectName } from '../core/ids.ts'
import { appendAct } from './audit-store.ts'
import { inPieces } from './pieces.ts'
import type { Database } from './schema.ts'

const mostNotices = 1000

/** Texts of requests and answers, encrypted by the caller (`box`), until `expiresAt` (milliseconds since 1970). */
export class SqlContentStore implements ContentStore {
  readonly #database: Kysely<Database>
  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async keep(rows: readonly KeptContent[]): Promise<void> {
    for (const piece of inPieces(rows)) {
      const values = piece.map(({ id, subject, expiresAt, box }) => ({
        id,
        subject,
        expires_at: expiresAt,
        box,
      }))
      await this.#database.insertInto('audit_content').values(values).execute()
    }
  }

  async find(id: EntryId, now: number): Promise<KeptContent | null> {
    const query = this.#database
      .selectFrom('audit_content')
      .where('id', '=', id)
      .where('expires_at', '>', now)
    const row = await query.select(['id', 'subject', 'expires_at as expiresAt', 'box']).executeTakeFirst()
    return row ?? null
  }

  async expired(now: number): Promise<number> {
    const query = this.#database.selectFrom('audit_content').where('expires_at', '<=', now)
    const { count } = await query.select((row) => row.fn.countAll().as('count')).executeTakeFirstOrThrow()
    return Number(count)
  }

  async prune(now: number, expected: number, entry: ActLeaf | null): Promise<boolean> {
    if ((await this.expired(now)) !== expected) return false
    await this.#database.deleteFrom('audit_content').where('expires_at', '<=', now).execute()
    await appendAct(this.#database, entry)
    return true
  }

  async notify(notice: Notice, entry: ActLeaf | null): Promise<void> {
    await this.#database.insertInto('audit_notices').values(notice).execute()
    await appendAct(this.#database, entry)
  }

  async notices(subject: SubjectName): Promise<readonly Notice[]> {
    const query = this.#database.selectFrom('audit_notices').selectAll().where('subject', '=', subject)
    return await query.orderBy('at', 'desc').orderBy('id').limit(mostNotices).execute()
  }
  async unseen(subject: SubjectName): Promise<number> {
    const query = this.#database
      .selectFrom('audit_notices')
      .where('subject', '=', subject)
      .where('seen', 'is', null)
    const { count } = await query.select((row) => row.fn.countAll().as('count')).executeTakeFirstOrThrow()
    return Number(count)
  }

  async see(subject: SubjectName, id: string, now: number): Promise<boolean> {
    const query = this.#database.selectFrom('audit_notices').select('at').where('subject', '=', subject)
    const last = await query.where('id', '=', id).executeTakeFirst()
    if (last === undefined) return false
    await this.#database
      .updateTable('audit_notices')
      .set({ seen: now })
      .where('subject', '=', subject)
      .where('at', '<=', last.at)
      .where('seen', 'is', null)
      .execute()
    return true
  }
}
