import { table, whole, type Migration } from './migration.ts'

/** What people must look at: appeals, and steps that the ladder may not take by itself. */
export const reviews: Migration = {
  name: '0032-reviews',
  async up(database, options) {
    await table(database, 'reviews', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('case_id', 'text')
      .addColumn('proposed', 'text')
      .addColumn('statement', 'text')
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('claimed_by', 'text')
      .addColumn('claimed_until', whole(options))
      .addColumn('skipped', 'text', (column) => column.notNull())
      .addColumn('outcome', 'text')
      .addColumn('decided_at', whole(options))
      .addColumn('decided_by', 'text')
      .addColumn('decision', 'text')
      .execute()
    await database.schema
      .createIndex('reviews_waiting')
      .on('reviews')
      .columns(['outcome', 'created_at'])
      .execute()
    await database.schema.createIndex('reviews_target').on('reviews').column('target').execute()
  },
  async down(database) {
    await database.schema.dropTable('reviews').execute()
  },
}
