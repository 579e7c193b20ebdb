import { table, whole, type Migration } from './migration.ts'

/** The transparency log: what is open, its leaves in order, full tiles over them, and the last checkpoint. */
export const audit: Migration = {
  name: '0050-audit',
  async up(database, options) {
    await table(database, 'audit_open', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('replica', 'text', (column) => column.notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('draft', 'text', (column) => column.notNull())
      .execute()
    await table(database, 'audit_leaves', options)
      .addColumn('position', whole(options), (column) => column.primaryKey().notNull())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('account', 'text')
      .addColumn('subject', 'text')
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .execute()
    await table(database, 'audit_tiles', options)
      .addColumn('level', whole(options), (column) => column.notNull())
      .addColumn('number', whole(options), (column) => column.notNull())
      .addColumn('hashes', 'text', (column) => column.notNull())
      .addColumn('root', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('audit_tiles_place', ['level', 'number'])
      .execute()
    await table(database, 'audit_log', options)
      .addColumn('id', whole(options), (column) => column.primaryKey().notNull())
      .addColumn('verifier_key', 'text', (column) => column.notNull())
      .addColumn('size', whole(options), (column) => column.notNull())
      .addColumn('checkpoint_size', whole(options), (column) => column.notNull())
      .addColumn('checkpoint', 'text', (column) => column.notNull())
      .execute()
    await table(database, 'audit_subjects', options)
      .addColumn('subject', 'text', (column) => column.primaryKey().notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .execute()
    await table(database, 'audit_replicas', options)
      .addColumn('replica', 'text', (column) => column.primaryKey().notNull())
      .addColumn('beat', whole(options), (column) => column.notNull())
      .execute()
  },
  async down(database) {
    for (const name of ['replicas', 'subjects', 'log', 'tiles', 'leaves', 'open']) {
      await database.schema.dropTable(`audit_${name}`).execute()
    }
  },
}
