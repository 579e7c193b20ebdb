import { table, whole, type Migration } from './migration.ts'

/** Incidents, with the clocks of the laws. */
export const incidents: Migration = {
  name: '0061-incidents',
  async up(database, options) {
    await table(database, 'incidents', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('version', whole(options), (column) => column.notNull())
      .addColumn('content', 'text', (column) => column.notNull())
      .execute()
    await database.schema.createIndex('incidents_created_at').on('incidents').column('created_at').execute()
  },
  async down(database) {
    await database.schema.dropTable('incidents').execute()
  },
}
