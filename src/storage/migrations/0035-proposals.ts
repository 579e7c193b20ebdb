import { table, whole, type Migration } from './migration.ts'

/** What one person asked for and a second must confirm. */
export const proposals: Migration = {
  name: '0035-proposals',
  async up(database, options) {
    await table(database, 'proposals', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('until', whole(options), (column) => column.notNull())
      .addColumn('confirmed_by', 'text')
      .addColumn('confirmed_at', whole(options))
      .execute()
    await database.schema
      .createIndex('proposals_waiting')
      .on('proposals')
      .columns(['confirmed_at', 'until'])
      .execute()
  },
  async down(database) {
    await database.schema.dropTable('proposals').execute()
  },
}
