import { table, whole, type Migration } from './migration.ts'

/** What happened to somebody's standing, until every receiver has been told. */
export const standingWebhooks: Migration = {
  name: '0037-standing-webhooks',
  async up(database, options) {
    await table(database, 'standing_notices', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .execute()
    await database.schema.createIndex('standing_notices_at').on('standing_notices').column('at').execute()
    await table(database, 'webhook_deliveries', options)
      .addColumn('notice', 'text', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull())
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addColumn('attempts', whole(options), (column) => column.notNull())
      .addColumn('due_at', whole(options), (column) => column.notNull())
      .addPrimaryKeyConstraint('webhook_deliveries_key', ['notice', 'address'])
      .execute()
    await database.schema
      .createIndex('webhook_deliveries_due')
      .on('webhook_deliveries')
      .columns(['address', 'due_at'])
      .execute()
  },
  async down(database) {
    await database.schema.dropTable('webhook_deliveries').execute()
    await database.schema.dropTable('standing_notices').execute()
  },
}
