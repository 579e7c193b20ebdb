import { table, whole, type Migration } from './migration.ts'

/** When everything was stopped, and who wanted it back. */
export const shutdowns: Migration = {
  name: '0034-shutdowns',
  async up(database, options) {
    await table(database, 'shutdowns', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('people', whole(options), (column) => column.notNull())
      .addColumn('consents', 'text', (column) => column.notNull())
      .addColumn('lifted_at', whole(options))
      .execute()
    await database.schema.createIndex('shutdowns_lifted').on('shutdowns').column('lifted_at').execute()
  },
  async down(database) {
    await database.schema.dropTable('shutdowns').execute()
  },
}
