import { table, whole, type Migration } from './migration.ts'

/** Bytes that left, by account and hour; the last batch of each server; a number that grows with each batch. */
export const egress: Migration = {
  name: '0064-egress',
  async up(database, options) {
    await table(database, 'egress_hours', options)
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('hour', whole(options), (column) => column.notNull())
      .addColumn('bytes', whole(options), (column) => column.notNull())
      .addColumn('change', whole(options), (column) => column.notNull())
      .addPrimaryKeyConstraint('egress_hours_place', ['account', 'hour'])
      .execute()
    await database.schema
      .createIndex('egress_hours_change')
      .on('egress_hours')
      .columns(['change', 'account', 'hour'])
      .execute()
    await database.schema.createIndex('egress_hours_hour').on('egress_hours').column('hour').execute()
    await table(database, 'egress_writers', options)
      .addColumn('writer', 'text', (column) => column.primaryKey().notNull())
      .addColumn('number', whole(options), (column) => column.notNull())
      .addColumn('hour', whole(options), (column) => column.notNull())
      .execute()
    await table(database, 'egress_changes', options)
      .addColumn('change', whole(options), (column) => column.primaryKey().notNull())
      .execute()
    await database.insertInto('egress_changes').values({ change: 0 }).execute()
  },
  async down(database) {
    for (const name of ['changes', 'writers', 'hours']) {
      await database.schema.dropTable(`egress_${name}`).execute()
    }
  },
}
