import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** What is erased with a person. */
const erasable = [
  ['audit_subjects', 'key'],
  ['audit_content', 'box'],
] as const

/**
 * Postgres keeps samples of columns in `pg_statistic`, where neither deleting a row nor `VACUUM FULL` of its table
 * reaches: none are taken of what shall be gone once it is erased. SQLite keeps no values.
 */
export const auditUnsampled: Migration = {
  name: '0053-audit-unsampled',
  async up(database, { strict }) {
    if (strict) return
    for (const [table, column] of erasable) {
      const change = sql`alter table ${sql.table(table)} alter column ${sql.ref(column)}`
      await sql`${change} set statistics 0`.execute(database)
      // The same type again: samples that were taken before are dropped with it.
      await sql`${change} type text collate "C"`.execute(database)
    }
  },
  async down(database, { strict }) {
    if (strict) return
    for (const [table, column] of erasable) {
      await sql`alter table ${sql.table(table)} alter column ${sql.ref(column)} set statistics -1`.execute(
        database,
      )
    }
  },
}
