import { sql } from 'kysely'
import { table, whole, type Migration } from './migration.ts'

/** Names of the columns of what is added up, in every table of usage. */
const sums = [
  'requests',
  'failed',
  'blocked',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'reasoning_tokens',
  'first_tokens',
  'first_token_ms',
  'duration_ms',
  'energy_mj',
  'cost_nano',
]

/** What requests took: one row each for an hour, then by minute, hour, day and month. */
export const usage: Migration = {
  name: '0060-usage',
  async up(database, options) {
    await table(database, 'usage_parties', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('organisation', 'text', (column) => column.notNull())
      .addColumn('person', 'text')
      .addColumn('key', 'text')
      .addColumn('end_user', 'text')
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('adapter', 'text')
      .execute()
    let records = table(database, 'usage_records', options)
      .addColumn('entry_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('party', 'text', (column) => column.notNull())
      // 0 until it is counted in a bucket; then the number of the roll-up that did it.
      .addColumn('roll_up', whole(options), (column) => column.notNull())
    for (const name of sums) records = records.addColumn(name, whole(options), (column) => column.notNull())
    await records.execute()
    await database.schema
      .createIndex('usage_records_roll_up')
      .on('usage_records')
      .columns(['roll_up', 'at'])
      .execute()
    // The key holds all that rows are found by: a second tree for it would be half of the size.
    let buckets = database.schema
      .createTable('usage_buckets')
      .modifyEnd(options.strict ? sql`strict, without rowid` : sql``)
      .addColumn('span', whole(options), (column) => column.notNull())
      .addColumn('start', whole(options), (column) => column.notNull())
      .addColumn('party', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('usage_buckets_key', ['span', 'start', 'party'])
    for (const name of sums) buckets = buckets.addColumn(name, whole(options), (column) => column.notNull())
    await buckets.execute()
    await table(database, 'usage_roll_ups', options)
      .addColumn('id', whole(options), (column) => column.primaryKey().notNull())
      .addColumn('number', whole(options), (column) => column.notNull())
      .execute()
    await database.insertInto('usage_roll_ups').values({ id: 1, number: 0 }).execute()
  },
  async down(database) {
    for (const name of ['usage_roll_ups', 'usage_buckets', 'usage_records', 'usage_parties']) {
      await database.schema.dropTable(name).execute()
    }
  },
}
