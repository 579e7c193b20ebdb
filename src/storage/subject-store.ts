import type { Kysely } from 'kysely'
import type { SubjectName, SubjectStore } from '../audit/store.ts'
import type { Database } from './schema.ts'

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

  async erase(subject: SubjectName): Promise<boolean> {
    await this.#database.deleteFrom('audit_content').where('subject', '=', subject).execute()
    await this.#database.deleteFrom('audit_notices').where('subject', '=', subject).execute()
    const query = this.#database.deleteFrom('audit_subjects').where('subject', '=', subject)
    return (await query.executeTakeFirstOrThrow()).numDeletedRows > 0n
  }
}
