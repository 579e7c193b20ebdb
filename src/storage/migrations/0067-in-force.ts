import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Every minute it is looked for what is over and for who is kept out: in what is in force, never in all there ever was. */
export const inForce: Migration = {
  name: '0067-in-force',
  async up(database) {
    await database.schema
      .createIndex('measures_over')
      .on('measures')
      .column('until')
      .where(sql<boolean>`lifted_at is null and until is not null`)
      .execute()
    await database.schema
      .createIndex('measures_in_force')
      .on('measures')
      .columns(['rung', 'id'])
      .where(sql<boolean>`lifted_at is null`)
      .execute()
    // Only ever asked for what is still in force.
    await database.schema.dropIndex('measures_case').execute()
    await database.schema
      .createIndex('measures_case_in_force')
      .on('measures')
      .column('case_id')
      .where(sql<boolean>`lifted_at is null`)
      .execute()
  },
  async down(database) {
    for (const name of ['measures_over', 'measures_in_force', 'measures_case_in_force'])
      await database.schema.dropIndex(name).execute()
    await database.schema.createIndex('measures_case').on('measures').column('case_id').execute()
  },
}
