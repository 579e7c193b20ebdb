import type { Insertable, Kysely, Selectable } from 'kysely'
import type { BatchId, KeyId } from '../core/ids.ts'
import { overStatuses, type BatchStore, type Page, type StoredBatch, type StoredFile } from '../kept/store.ts'
import { fileRow } from './file-store.ts'
import { pageOf } from './page.ts'
import type { Database } from './schema.ts'

type Row = Database['batches']

/** Each method runs inside one transaction that its caller holds. */
export class SqlBatchStore implements BatchStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async insert(batch: StoredBatch, mostOpen: number): Promise<boolean> {
    const { count } = await this.#database
      .selectFrom('batches')
      .select(({ fn }) => fn.countAll<number | bigint>().as('count'))
      .where('key_id', '=', batch.keyId)
      .where('status', 'not in', overStatuses)
      .executeTakeFirstOrThrow()
    if (Number(count) >= mostOpen) return false
    await this.#database.insertInto('batches').values(rowOf(batch)).execute()
    return true
  }

  async find(keyId: KeyId, id: BatchId): Promise<StoredBatch | null> {
    const row = await this.#database
      .selectFrom('batches')
      .selectAll()
      .where('id', '=', id)
      .where('key_id', '=', keyId)
      .executeTakeFirst()
    return row === undefined ? null : batchOf(row)
  }

  async list(keyId: KeyId, page: Page<BatchId>): Promise<StoredBatch[] | null> {
    const after = page.after === null ? null : await this.find(keyId, page.after)
    if (page.after !== null && after === null) return null
    const query = this.#database.selectFrom('batches').selectAll().where('key_id', '=', keyId)
    return (await pageOf(query, page, after).execute()).map(batchOf)
  }

  async update(batch: StoredBatch, files: readonly StoredFile[] = []): Promise<boolean> {
    const { id, ...changed } = rowOf(batch)
    const { numUpdatedRows } = await this.#database
      .updateTable('batches')
      .set(changed)
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    for (const file of files) await this.#database.insertInto('files').values(fileRow(file)).execute()
    return true
  }

  async open(): Promise<StoredBatch[]> {
    const rows = await this.#database
      .selectFrom('batches')
      .selectAll()
      .where('status', 'not in', overStatuses)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return rows.map(batchOf)
  }

  async prune(then: number): Promise<void> {
    await this.#database
      .deleteFrom('batches')
      .where('created_at', '<', then)
      .where('status', 'in', overStatuses)
      .execute()
  }
}

function rowOf(batch: StoredBatch): Insertable<Row> {
  return {
    id: batch.id,
    key_id: batch.keyId,
    subject: batch.subject,
    endpoint: batch.endpoint,
    input_file: batch.inputFile,
    status: batch.status,
    created_at: batch.createdAt,
    expires_at: batch.expiresAt,
    reached: JSON.stringify(batch.reached),
    ...batch.counts,
    output_blob: batch.outputBlob,
    error_blob: batch.errorBlob,
    output_file: batch.outputFile,
    error_file: batch.errorFile,
    failure: batch.failure === null ? null : JSON.stringify(batch.failure),
    metadata: batch.metadata === null ? null : JSON.stringify(batch.metadata),
  }
}

function batchOf(row: Selectable<Row>): StoredBatch {
  const { total, completed, failed } = row
  return {
    id: row.id,
    keyId: row.key_id,
    subject: row.subject,
    endpoint: row.endpoint,
    inputFile: row.input_file,
    status: row.status,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    // Written by us only, from values of these types.
    reached: JSON.parse(row.reached) as StoredBatch['reached'],
    counts: { total, completed, failed },
    outputBlob: row.output_blob,
    errorBlob: row.error_blob,
    outputFile: row.output_file,
    errorFile: row.error_file,
    failure: row.failure === null ? null : (JSON.parse(row.failure) as StoredBatch['failure']),
    metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as StoredBatch['metadata']),
  }
}
