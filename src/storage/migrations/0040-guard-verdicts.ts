import { table, whole, type Migration } from './migration.ts'

/** What the guard made of requests and answers, for dry runs of policies. */
export const guardVerdicts: Migration = {
  name: '0040-guard-verdicts',
  async up(database, options) {
    await table(database, 'guard_verdicts', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('request_id', 'text', (column) => column.notNull())
      .addColumn('entry_id', 'text', (column) => column.notNull())
      .addColumn('organisation_id', 'text', (column) => column.notNull())
      .addColumn('key_id', 'text')
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('direction', 'text', (column) => column.notNull())
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('hazards', 'text', (column) => column.notNull())
      .addColumn('scores', 'text')
      .addColumn('layer', 'text', (column) => column.notNull())
      .addColumn('policy', 'text', (column) => column.notNull())
      .addColumn('fingerprint', 'text')
      .execute()
    await database.schema
      .createIndex('guard_verdicts_at')
      .on('guard_verdicts')
      .columns(['at', 'id'])
      .execute()
  },
  async down(database) {
    await database.schema.dropTable('guard_verdicts').execute()
  },
}
