import { table, whole, type Migration } from './migration.ts'

/** Where somebody was met, as keyed hashes: for rules over behaviour and for likenesses to those who are barred. */
export const sightings: Migration = {
  name: '0038-sightings',
  async up(database, options) {
    await table(database, 'standing_sightings', options)
      .addColumn('day', whole(options), (column) => column.notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('organisation_id', 'text', (column) => column.notNull())
      .addColumn('person_id', 'text')
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('mark', 'text', (column) => column.notNull())
      .addColumn('first_at', whole(options), (column) => column.notNull())
      .addColumn('last_at', whole(options), (column) => column.notNull())
      .addPrimaryKeyConstraint('standing_sightings_key', ['day', 'target', 'key_id', 'kind', 'mark'])
      .execute()
    await database.schema
      .createIndex('standing_sightings_mark')
      .on('standing_sightings')
      .columns(['kind', 'mark'])
      .execute()
    await database.schema
      .createIndex('standing_sightings_target')
      .on('standing_sightings')
      .column('target')
      .execute()
  },
  async down(database) {
    await database.schema.dropTable('standing_sightings').execute()
  },
}
