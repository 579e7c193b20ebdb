import { table, whole, type Migration } from './migration.ts'

/** Whom each change of access was about: whoever knows all before it reads only what is new. */
export const accessChanges: Migration = {
  name: '0066-access-changes',
  async up(database, options) {
    await table(database, 'access_changes', options)
      .addColumn('revision', whole(options), (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('access_changes_key', ['revision', 'kind', 'id'])
      .execute()
  },
  async down(database) {
    await database.schema.dropTable('access_changes').execute()
  },
}
