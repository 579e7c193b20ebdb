import { table, type Migration } from './migration.ts'

/** Events that are written and have not had their consequences: what a crash leaves is found again. */
export const unfollowed: Migration = {
  name: '0039-unfollowed',
  async up(database, options) {
    await table(database, 'standing_unfollowed', options)
      .addColumn('event_id', 'text', (column) => column.primaryKey().notNull())
      .execute()
  },
  async down(database) {
    await database.schema.dropTable('standing_unfollowed').execute()
  },
}
