import { table, whole, type Migration } from './migration.ts'

/** What the log adds up to, one row for the rules by which it was added up. */
export const auditCounts: Migration = {
  name: '0052-audit-counts',
  async up(database, options) {
    await table(database, 'audit_counts', options)
      .addColumn('rules', whole(options), (column) => column.primaryKey().notNull())
      .addColumn('size', whole(options), (column) => column.notNull())
      .addColumn('root', 'text', (column) => column.notNull())
      .addColumn('counts', 'text', (column) => column.notNull())
      .execute()
  },
  async down(database) {
    await database.schema.dropTable('audit_counts').execute()
  },
}
