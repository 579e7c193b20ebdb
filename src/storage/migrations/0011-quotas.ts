import { table, whole, type Migration } from './migration.ts'

/** Quotas, what is used of them, and who holds which part of one. */
export const quotas: Migration = {
  name: '0011-quotas',
  async up(database, options) {
    await table(database, 'quotas', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('organisation_id', 'text')
      .addColumn('model', 'text')
      .addColumn('meter', 'text', (column) => column.notNull())
      .addColumn('period', 'text')
      .addColumn('amount', whole(options), (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .execute()
    await table(database, 'quota_counters', options)
      .addColumn('counter', 'text', (column) => column.notNull())
      .addColumn('start', whole(options), (column) => column.notNull())
      .addColumn('resets_at', whole(options), (column) => column.notNull())
      .addColumn('used', whole(options), (column) => column.notNull())
      .addPrimaryKeyConstraint('quota_counters_key', ['counter', 'start'])
      .execute()
    await table(database, 'quota_leases', options)
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('counter', 'text', (column) => column.notNull())
      .addColumn('start', whole(options), (column) => column.notNull())
      .addColumn('left_over', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .addPrimaryKeyConstraint('quota_leases_key', ['holder', 'counter', 'start'])
      .execute()
    await database.schema
      .createIndex('quota_leases_counter')
      .on('quota_leases')
      .columns(['counter', 'start', 'expires_at'])
      .execute()
    await database.schema
      .createIndex('quota_counters_resets_at')
      .on('quota_counters')
      .column('resets_at')
      .execute()
  },
  async down(database) {
    for (const name of ['quota_leases', 'quota_counters', 'quotas'])
      await database.schema.dropTable(name).execute()
  },
}
