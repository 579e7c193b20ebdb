import { table, whole, type Migration } from './migration.ts'

/** Fingerprints of questions, without text and without names. */
export const insight: Migration = {
  name: '0062-insight',
  async up(database, options) {
    await table(database, 'signs', options)
      .addColumn('entry_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('fingerprint', 'text')
      .addColumn('hazards', 'text', (column) => column.notNull())
      .addColumn('attack', whole(options), (column) => column.notNull())
      .addColumn('blocked', whole(options), (column) => column.notNull())
      .execute()
    await database.schema.createIndex('signs_at').on('signs').column('at').execute()
    await table(database, 'sign_keys', options)
      .addColumn('id', whole(options), (column) => column.primaryKey().notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .execute()
  },
  async down(database) {
    for (const name of ['sign_keys', 'signs']) await database.schema.dropTable(name).execute()
  },
}
