import type { Kysely } from 'kysely'
import type { SubjectStore } from '../audit/store.ts'
import type { ActLeaf } from '../core/acts.ts'
import type { SubjectName } from '../core/ids.ts'
import { appendAct } from './audit-store.ts'
import type { Database } from './schema.ts'

/** All that is kept of what somebody said, with the key that opens it. */
const erased = ['audit_subjects', 'audit_content', 'audit_notices', 'responses', 'files', 'batches'] as const

/**
 * One key for each subject, which opens what is kept of them. `erase` deletes that key and all rows of the subject
 * that it opens.
 */
export class SqlSubjectStore implements SubjectStore {
  readonly #database: Kysely<Database>
  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async ensure(subject: SubjectName, fresh: string, now: number): Promise<string> {
    await this.#database
      .insertInto('audit_subjects')
      .values({ subject, key: fresh, created_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return (await this.find(subject)) ?? fresh
  }

  async find(subject: SubjectName): Promise<string | null> {
    const query = this.#database.selectFrom('audit_subjects').where('subject', '=', subject)
    return (await query.select('key').executeTakeFirst())?.key ?? null
  }

  async knows(subject: SubjectName): Promise<boolean> {
    for (const table of erased) {
      const query = this.#database.selectFrom(table).select('subject').where('subject', '=', subject)
      if ((await query.limit(1).executeTakeFirst()) !== undefined) return true
    }
    return false
  }

  async erase(subject: SubjectName, entry: ActLeaf | null): Promise<boolean> {
    let some = false
    for (const table of erased) {
      const query = this.#database.deleteFrom(table).where('subject', '=', subject)
      if ((await query.executeTakeFirstOrThrow()).numDeletedRows > 0n) some = true
    }
    if (some) await appendAct(this.#database, entry)
    return some
  }
}
