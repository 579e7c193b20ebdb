import { table, whole, type Migration } from './migration.ts'

/** What clients leave here: answers to build on, files, batches. */
export const kept: Migration = {
  name: '0002-kept',
  async up(database, options) {
    await table(database, 'responses', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('previous_id', 'text')
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .addColumn('bytes', whole(options), (column) => column.notNull())
      .addColumn('content', 'text', (column) => column.notNull())
      .execute()
    await table(database, 'files', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('bytes', whole(options), (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .addColumn('blob', 'text', (column) => column.notNull().unique())
      .execute()
    await table(database, 'batches', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('input_file', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .addColumn('reached', 'text', (column) => column.notNull())
      .addColumn('total', whole(options), (column) => column.notNull())
      .addColumn('completed', whole(options), (column) => column.notNull())
      .addColumn('failed', whole(options), (column) => column.notNull())
      .addColumn('output_blob', 'text', (column) => column.notNull())
      .addColumn('error_blob', 'text', (column) => column.notNull())
      .addColumn('output_file', 'text')
      .addColumn('error_file', 'text')
      .addColumn('failure', 'text')
      .addColumn('metadata', 'text')
      .execute()
    for (const [name, owner] of [
      ['responses', 'account'],
      ['files', 'account'],
      ['batches', 'key_id'],
    ] as const) {
      const index = database.schema.createIndex(`${name}_${owner}`).on(name)
      await index.columns([owner, 'created_at', 'id']).execute()
    }
    await database.schema.createIndex('responses_expires_at').on('responses').column('expires_at').execute()
    await database.schema.createIndex('batches_status').on('batches').column('status').execute()
  },
  async down(database) {
    for (const name of ['batches', 'files', 'responses']) await database.schema.dropTable(name).execute()
  },
}
