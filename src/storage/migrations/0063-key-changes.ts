import { whole, type Migration } from './migration.ts'

/** The number that the last change of a key was announced under: whoever knows all before it reads only what is new. */
export const keyChanges: Migration = {
  name: '0063-key-changes',
  async up(database, options) {
    await database.schema
      .alterTable('keys')
      .addColumn('revision', whole(options), (column) => column.notNull().defaultTo(0))
      .execute()
    await database.schema.createIndex('keys_revision').on('keys').columns(['revision', 'id']).execute()
  },
  async down(database) {
    await database.schema.dropIndex('keys_revision').execute()
    await database.schema.alterTable('keys').dropColumn('revision').execute()
  },
}
