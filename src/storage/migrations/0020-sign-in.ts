import { table, whole, type Migration } from './migration.ts'

/** How people prove who they are, and what is under way. */
export const signIn: Migration = {
  name: '0020-sign-in',
  async up(database, options) {
    await table(database, 'passwords', options)
      .addColumn('person_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('changed_at', whole(options), (column) => column.notNull())
      .execute()
    await table(database, 'totp_secrets', options)
      .addColumn('person_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('secret', 'text', (column) => column.notNull())
      .addColumn('last_step', whole(options), (column) => column.notNull())
      .addColumn('confirmed_at', whole(options))
      .execute()
    await table(database, 'recovery_codes', options)
      .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
      .addColumn('person_id', 'text', (column) => column.notNull())
      .execute()
    await table(database, 'passkeys', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('person_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('public_key', 'text', (column) => column.notNull())
      .addColumn('counter', whole(options), (column) => column.notNull())
      .addColumn('transports', 'text', (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('last_used_at', whole(options))
      .execute()
    await table(database, 'identities', options)
      .addColumn('issuer', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('person_id', 'text', (column) => column.notNull())
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addPrimaryKeyConstraint('identities_key', ['issuer', 'subject'])
      .addUniqueConstraint('identities_person', ['issuer', 'person_id'])
      .execute()
    await table(database, 'sign_in_steps', options)
      .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('person_id', 'text')
      .addColumn('content', 'text', (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .execute()
    await table(database, 'sign_in_tries', options)
      .addColumn('subject', 'text', (column) => column.primaryKey().notNull())
      .addColumn('count', whole(options), (column) => column.notNull())
      .addColumn('expires_at', whole(options), (column) => column.notNull())
      .execute()
    for (const [name, columns] of indexes) {
      await database.schema.createIndex(name).on(columns[0]).column(columns[1]).execute()
    }
    for (const name of ['person_id', 'method', 'agent', 'network'])
      await database.schema.alterTable('sessions').addColumn(name, 'text').execute()
  },
  async down(database) {
    // Without the column they would become the owner's.
    await database.deleteFrom('sessions').where('person_id', 'is not', null).execute()
    for (const name of ['person_id', 'method', 'agent', 'network'])
      await database.schema.alterTable('sessions').dropColumn(name).execute()
    for (const name of [
      'sign_in_tries',
      'sign_in_steps',
      'identities',
      'passkeys',
      'recovery_codes',
      'totp_secrets',
      'passwords',
    ])
      await database.schema.dropTable(name).execute()
  },
}

const indexes = [
  ['recovery_codes_person_id', ['recovery_codes', 'person_id']],
  ['passkeys_person_id', ['passkeys', 'person_id']],
  ['identities_person_id', ['identities', 'person_id']],
  ['sign_in_steps_expires_at', ['sign_in_steps', 'expires_at']],
  ['sign_in_tries_expires_at', ['sign_in_tries', 'expires_at']],
] as const
