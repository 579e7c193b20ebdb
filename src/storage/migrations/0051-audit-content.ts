import { table, whole, type Migration } from './migration.ts'

/** What was asked and answered, encrypted, apart from the log; and what people are told about it. */
export const auditContent: Migration = {
  name: '0051-audit-content',
  async up(database, options) {
    await table(database, 'audit_content', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .addColumn('box', 'text', (column) => column.notNull())
      .execute()
    await table(database, 'audit_notices', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('entry', 'text', (column) => column.notNull())
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .execute()
    for (const [name, column] of [
      ['audit_content', 'subject'],
      ['audit_content', 'expires_at'],
      ['audit_notices', 'subject'],
    ] as const) {
      await database.schema.createIndex(`${name}_${column}`).on(name).column(column).execute()
    }
  },
  async down(database) {
    for (const name of ['audit_notices', 'audit_content']) await database.schema.dropTable(name).execute()
  },
}
