import { sql } from 'kysely'
import type { Migration } from './migration.ts'

const tables = [
  ['responses', 'account'],
  ['files', 'account'],
  ['batches', 'key_id'],
] as const

/** What shall be gone once it is deleted, also from the samples of Postgres: see 0053. */
const erasable = [
  ['responses', 'content'],
  ['files', 'name'],
  ['batches', 'metadata'],
] as const

/**
 * Whom what was left here is erased with. Of what is there already the account says it: whose key it was, or who signed
 * in; which end user a key named was not kept.
 */
export const keptSubjects: Migration = {
  name: '0068-kept-subjects',
  async up(database, { strict }) {
    for (const [table, account] of tables) {
      await database.schema
        .alterTable(table)
        .addColumn('subject', 'text', (column) => column.notNull().defaultTo(''))
        .execute()
      const whose = sql.ref(`${table}.${account}`)
      await sql`
        update ${sql.table(table)} set subject = coalesce(
          (select case when person_id is null then 'key:' || id else 'person:' || person_id end
            from keys where id = ${whose}),
          (select 'person:' || id from people where id = ${whose}),
          'organisation:org_home')`.execute(database)
      await database.schema.createIndex(`${table}_subject`).on(table).column('subject').execute()
    }
    if (strict) return
    for (const [table, column] of erasable) {
      const change = sql`alter table ${sql.table(table)} alter column ${sql.ref(column)}`
      await sql`${change} set statistics 0`.execute(database)
      await sql`${change} type text collate "C"`.execute(database)
    }
  },
  async down(database, { strict }) {
    for (const [table] of tables) {
      await database.schema.dropIndex(`${table}_subject`).execute()
      await database.schema.alterTable(table).dropColumn('subject').execute()
    }
    if (strict) return
    for (const [table, column] of erasable) {
      await sql`alter table ${sql.table(table)} alter column ${sql.ref(column)} set statistics -1`.execute(
        database,
      )
    }
  },
}
