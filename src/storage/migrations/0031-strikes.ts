import { table, whole, type Migration } from './migration.ts'

/** What standing remembers of requests, and the key with which it blurs what it must only tell apart. */
export const strikes: Migration = {
  name: '0031-strikes',
  async up(database, options) {
    await table(database, 'standing_events', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('organisation_id', 'text', (column) => column.notNull())
      .addColumn('person_id', 'text')
      .addColumn('key_id', 'text')
      .addColumn('end_user', 'text')
      .addColumn('network', 'text')
      .addColumn('fingerprint', 'text')
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('direction', 'text', (column) => column.notNull())
      .addColumn('hazard', 'text')
      .addColumn('severity', whole(options), (column) => column.notNull())
      .addColumn('attributable', whole(options), (column) => column.notNull())
      .addColumn('request_id', 'text')
      .addColumn('entry_id', 'text')
      .addColumn('note', 'text')
      .addColumn('voided_by', 'text')
      .execute()
    await table(database, 'standing_secrets', options)
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute()
    for (const column of ['target', 'organisation_id', 'person_id', 'key_id', 'network'] as const) {
      await database.schema
        .createIndex(`standing_events_${column}`)
        .on('standing_events')
        .columns([column, 'at'])
        .execute()
    }
    await database.schema
      .createIndex('standing_events_at')
      .on('standing_events')
      .columns(['at', 'id'])
      .execute()
  },
  async down(database) {
    for (const name of ['standing_secrets', 'standing_events'])
      await database.schema.dropTable(name).execute()
  },
}
