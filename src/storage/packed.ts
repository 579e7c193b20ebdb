import { sql, type Kysely, type SelectQueryBuilder } from 'kysely'
import { cellEnd, rowEnd, type PackedRows } from '../core/packed-rows.ts'
import type { Database } from './schema.ts'

/**
 * The rows of a query as one text, in its order: the database writes it, which costs less than every cell as a value.
 *
 * Both databases put together what a sorted subquery gives as it comes
 * (https://www.postgresql.org/docs/current/functions-aggregate.html).
 */
export async function packed<Row>(
  database: Kysely<Database>,
  query: SelectQueryBuilder<Database, keyof Database, Row>,
  columns: readonly string[],
): Promise<PackedRows> {
  const cells = columns.map((column) => sql`coalesce(cast(${sql.ref(column)} as text), '')`)
  const row = sql`concat_ws(${sql.lit(cellEnd)}, ${sql.join(cells)})`
  const { text, count } = await database
    .selectFrom(query.as('page'))
    .select([
      sql<string | null>`string_agg(${row}, ${sql.lit(rowEnd)})`.as('text'),
      sql<number>`count(*)`.as('count'),
    ])
    .executeTakeFirstOrThrow()
  return { text: text ?? '', count }
}
