import type { Insertable, Kysely } from 'kysely'
import type { Account, FileId } from '../core/ids.ts'
import type { FilePurpose, FileStore, Page, StoredFile } from '../kept/store.ts'
import { pageOf } from './page.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlFileStore implements FileStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async insert(file: StoredFile): Promise<void> {
    await this.#database.insertInto('files').values(fileRow(file)).execute()
  }

  async find(account: Account, id: FileId, now: number): Promise<StoredFile | null> {
    const row = await this.#files()
      .where('id', '=', id)
      .where('account', '=', account)
      .where('expires_at', '>', now)
      .executeTakeFirst()
    return row ?? null
  }

  async list(
    account: Account,
    page: Page<FileId>,
    purpose: FilePurpose | null,
    now: number,
  ): Promise<StoredFile[] | null> {
    const after = page.after === null ? null : await this.find(account, page.after, now)
    if (page.after !== null && after === null) return null
    const query = this.#files().where('account', '=', account).where('expires_at', '>', now)
    const wanted = purpose === null ? query : query.where('purpose', '=', purpose)
    return await pageOf(wanted, page, after).execute()
  }

  async delete(account: Account, id: FileId): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('files')
      .where('id', '=', id)
      .where('account', '=', account)
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  async all(): Promise<StoredFile[]> {
    return await this.#files().orderBy('id').execute()
  }

  #files() {
    return this.#database
      .selectFrom('files')
      .select(['id', 'account', 'subject', 'name', 'purpose', 'bytes', 'blob'])
      .select(['created_at as createdAt', 'expires_at as expiresAt'])
  }
}

/** A file's facts as its row; times stay milliseconds since 1970. */
export function fileRow(file: StoredFile): Insertable<Database['files']> {
  const { id, account, subject, name, purpose, bytes, createdAt, expiresAt, blob } = file
  return { id, account, subject, name, purpose, bytes, created_at: createdAt, expires_at: expiresAt, blob }
}
