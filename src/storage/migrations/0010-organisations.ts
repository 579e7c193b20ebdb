import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { homeOrganisation } from '../../core/principal.ts'
import { table, whole, type Migration } from './migration.ts'

/** Organisations and people; every key that was there belongs to the home organisation, unnarrowed. */
export const organisations: Migration = {
  name: '0010-organisations',
  async up(database, options) {
    await table(database, 'organisations', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('end_user_key', 'text', (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('removed_at', whole(options))
      .execute()
    await table(database, 'people', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('organisation_id', 'text', (column) => column.notNull().references('organisations.id'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('email', 'text')
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('removed_at', whole(options))
      .execute()
    // Among those who are there: a name or an address may be given anew when its holder is gone.
    await sql`create unique index organisations_name on organisations (name) where removed_at is null`.execute(
      database,
    )
    await sql`create unique index people_email on people (email) where removed_at is null`.execute(database)
    await database.schema
      .createIndex('people_organisation_id')
      .on('people')
      .column('organisation_id')
      .execute()
    await database
      .insertInto('organisations')
      .values({
        id: homeOrganisation,
        name: 'home',
        end_user_key: randomBytes(32).toString('hex'),
        created_at: 0,
        removed_at: null,
      })
      .execute()
    for (const [name, type, otherwise] of [
      ['organisation_id', 'text', homeOrganisation],
      ['person_id', 'text', null],
      ['role', 'text', 'member'],
      ['service', whole(options), 0],
      ['expires_at', whole(options), null],
      ['limits', 'text', '{}'],
      ['former_hash', 'text', null],
    ] as const) {
      await database.schema
        .alterTable('keys')
        .addColumn(name, type, (column) =>
          otherwise === null ? column : column.notNull().defaultTo(otherwise),
        )
        .execute()
    }
    await database.schema.createIndex('keys_former_hash').unique().on('keys').column('former_hash').execute()
    await database.schema.createIndex('keys_person_id').on('keys').column('person_id').execute()
    await database.schema.createIndex('keys_organisation_id').on('keys').column('organisation_id').execute()
  },
  async down(database) {
    for (const index of ['keys_former_hash', 'keys_person_id', 'keys_organisation_id'])
      await database.schema.dropIndex(index).execute()
    for (const name of [
      'organisation_id',
      'person_id',
      'role',
      'service',
      'expires_at',
      'limits',
      'former_hash',
    ])
      await database.schema.alterTable('keys').dropColumn(name).execute()
    await database.schema.dropTable('people').execute()
    await database.schema.dropTable('organisations').execute()
  },
}
