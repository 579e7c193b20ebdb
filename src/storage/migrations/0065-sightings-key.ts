import type { Migration } from './migration.ts'

/** What a barred key was met with is looked for every minute. */
export const sightingsKey: Migration = {
  name: '0065-sightings-key',
  async up(database) {
    await database.schema
      .createIndex('standing_sightings_key_id')
      .on('standing_sightings')
      .column('key_id')
      .execute()
  },
  async down(database) {
    await database.schema.dropIndex('standing_sightings_key_id').execute()
  },
}
