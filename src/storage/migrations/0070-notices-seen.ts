import { whole, type Migration } from './migration.ts'

/** Whether somebody has seen that what they said was read. Notices from before were shown by no page: they are unseen. */
export const noticesSeen: Migration = {
  name: '0070-notices-seen',
  async up(database, options) {
    await database.schema.alterTable('audit_notices').addColumn('seen', whole(options)).execute()
  },
  async down(database) {
    await database.schema.alterTable('audit_notices').dropColumn('seen').execute()
  },
}
