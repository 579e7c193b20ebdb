import { table, whole, type Migration } from './migration.ts'

export const access: Migration = {
  name: '0001-access',
  async up(database, options) {
    await table(database, 'keys', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('prefix', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull().unique())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('last_used_at', whole(options))
      .addColumn('revoked_at', whole(options))
      .execute()
    await table(database, 'sessions', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('hash', 'text', (column) => column.notNull().unique())
      .addColumn('key_id', 'text', (column) => column.references('keys.id').onDelete('cascade'))
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .execute()
    await database.schema.createIndex('sessions_key_id').on('sessions').column('key_id').execute()
    await database.schema.createIndex('sessions_expires_at').on('sessions').column('expires_at').execute()
    await table(database, 'sign_in_links', options)
      .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .execute()
    await table(database, 'versions', options)
      .addColumn('topic', 'text', (column) => column.primaryKey().notNull())
      .addColumn('version', whole(options), (column) => column.notNull())
      .execute()
    await database.insertInto('versions').values({ topic: 'access', version: 0 }).execute()
  },
  async down(database) {
    for (const name of ['versions', 'sign_in_links', 'sessions', 'keys']) {
      await database.schema.dropTable(name).execute()
    }
  },
}
