import { table, whole, type Migration } from './migration.ts'

/** Who accepted which version of which licence or terms. */
export const acceptances: Migration = {
  name: '0013-acceptances',
  async up(database, options) {
    await table(database, 'acceptances', options)
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('organisation_id', 'text', (column) => column.notNull())
      .addColumn('person_id', 'text')
      .addColumn('key_id', 'text')
      .addColumn('accepted_at', whole(options), (column) => column.notNull())
      .addPrimaryKeyConstraint('acceptances_key', ['account', 'document', 'version'])
      .execute()
  },
  async down(database) {
    await database.schema.dropTable('acceptances').execute()
  },
}
