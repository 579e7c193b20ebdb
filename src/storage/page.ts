import type { Page } from '../kept/store.ts'
import type { SelectQueryBuilder } from 'kysely'

interface Row {
  id: string
  created_at: number
}

/** One page of a list that is ordered by time; `after` is the row that the page before ended with. */
export function pageOf<Database, Table extends keyof Database, Output>(
  query: SelectQueryBuilder<Database, Table, Output>,
  { limit, order }: Page<string>,
  after: { readonly id: string; readonly createdAt: number } | null,
): SelectQueryBuilder<Database, Table, Output> {
  // Both tables have these columns; their types say so only where each is used.
  const rows = query as unknown as SelectQueryBuilder<{ row: Row }, 'row', Output>
  const beyond = order === 'asc' ? '>' : '<'
  const rest =
    after === null
      ? rows
      : rows.where((where) =>
          where.or([
            where('created_at', beyond, after.createdAt),
            where.and([where('created_at', '=', after.createdAt), where('id', beyond, after.id)]),
          ]),
        )
  const page = rest.orderBy('created_at', order).orderBy('id', order).limit(limit)
  return page as unknown as SelectQueryBuilder<Database, Table, Output>
}
