import { sql, type Kysely, type RawBuilder } from 'kysely'
import { measures, type Measure, type Measures, type UsageRecord } from '../usage/record.ts'
import {
  dimensions,
  type Dimension,
  type UsageQuestion,
  type UsageRetention,
  type UsageRow,
  type UsageStore,
} from '../usage/store.ts'
import { CompiledQueries } from './compiled-queries.ts'
import type { Database } from './schema.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** Only names the rows by month: their starts are those of the calendar. */
const month = 30 * day
/** All of them, so that the key finds the rows. */
const spans = sql.join([minute, hour, day, month].map((span) => sql.lit(span)))
/** Records of one transaction: it must not keep others waiting. */
const recordsAtOnce = 5000

const columnOf = (measure: Measure) => measure.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const columns = measures.map(columnOf)
const columnList = sql.join(columns.map((column) => sql.ref(column)))
const sumList = sql.join(columns.map((column) => sql`sum(${sql.ref(column)})`))
const addAll = sql.join(
  columns.map(
    (column) => sql`${sql.ref(column)} = usage_buckets.${sql.ref(column)} + excluded.${sql.ref(column)}`,
  ),
)

/** Each method runs inside one transaction that its caller holds. */
export class SqlUsageStore implements UsageStore {
  readonly #database: Kysely<Database>
  readonly #compiled: CompiledQueries

  constructor(database: Kysely<Database>) {
    this.#database = database
    this.#compiled = new CompiledQueries(database)
  }

  async settle(record: UsageRecord): Promise<void> {
    const { partyId, organisationId, personId, keyId, endUser, model, adapter } = record
    const party = [partyId, organisationId, personId, keyId, endUser, model, adapter]
    await this.#compiled.run('party', party, () =>
      sql`
        insert into usage_parties (id, organisation, person, key, end_user, model, adapter)
        values (${sql.join(party)})
        on conflict (id) do nothing`.compile(this.#database),
    )
    const values = [record.entryId, record.at, partyId, ...measures.map((measure) => record[measure])]
    await this.#compiled.run('record', values, () =>
      sql`
        insert into usage_records (entry_id, at, party, ${columnList}, roll_up)
        values (${sql.join(values)}, 0)
        on conflict (entry_id) do nothing`.compile(this.#database),
    )
  }

  async rollUp(now: number, retention: UsageRetention): Promise<boolean> {
    // Writing this row first lets only one process in at a time, on every database.
    const { number } = await this.#database
      .updateTable('usage_roll_ups')
      .set((row) => ({ number: row('number', '+', 1) }))
      .returning('number')
      .executeTakeFirstOrThrow()
    const counted = await this.#countRecords(number)
    await this.#run(sql`delete from usage_records where roll_up > 0 and at < ${now - retention.records}`)
    await this.#coarsen(minute, hour, floor(now - retention.minutes, hour))
    await this.#coarsen(hour, day, floor(now - retention.hours, day))
    const more = await this.#coarsenOneMonth(now - retention.days)
    return counted === recordsAtOnce || more
  }

  async ask({ since, until, where, groupBy, interval, limit }: UsageQuestion): Promise<UsageRow[]> {
    const start = interval === null ? sql`0` : sql`start - start % ${sql.lit(interval)}`
    const groups = groupBy.map((dimension) => sql.ref(dimension))
    const conditions = dimensions.flatMap((dimension) => {
      const value = where[dimension]
      if (value === undefined) return []
      return value === null
        ? [sql` and ${sql.ref(dimension)} is null`]
        : [sql` and ${sql.ref(dimension)} = ${value}`]
    })
    // One statement: a roll-up beside it is seen whole or not at all.
    const { rows } = await sql<Record<string, number | string | null>>`
      select ${start} as row_start${sql.join(
        groups.map((group) => sql`, ${group}`),
        sql``,
      )},
        ${sql.join(columns.map((column) => sql`cast(sum(${sql.ref(column)}) as bigint) as ${sql.ref(column)}`))}
      from (
        select start, party, ${columnList} from usage_buckets
        where span in (${spans}) and start >= ${since} and start < ${until}
        union all
        select at - at % ${sql.lit(minute)} as start, party, ${columnList} from usage_records
        where roll_up = 0 and at - at % ${sql.lit(minute)} >= ${since} and at - at % ${sql.lit(minute)} < ${until}
      ) as counted
      join usage_parties on usage_parties.id = counted.party
      where 1 = 1${sql.join(conditions, sql``)}
      group by row_start${sql.join(
        groups.map((group) => sql`, ${group}`),
        sql``,
      )}
      order by row_start${sql.join(
        groups.map((group) => sql`, ${group}`),
        sql``,
      )}
      limit ${limit + 1}`.execute(this.#database)
    return rows.map((row) =>
      Object.assign(measuresOf(row), {
        start: interval === null ? null : Number(row['row_start']),
        group: groupOf(row, groupBy),
      }),
    )
  }

  async #countRecords(number: number): Promise<number> {
    const marked = await this.#run(sql`
      update usage_records set roll_up = ${number}
      where entry_id in (select entry_id from usage_records where roll_up = 0 limit ${sql.lit(recordsAtOnce)})`)
    if (marked === 0) return 0
    await this.#run(sql`
      insert into usage_buckets (span, start, party, ${columnList})
      select ${sql.lit(minute)}, at - at % ${sql.lit(minute)}, party, ${sumList}
      from usage_records where roll_up = ${number}
      group by at - at % ${sql.lit(minute)}, party
      on conflict (span, start, party) do update set ${addAll}`)
    return marked
  }

  /** Moves what is before `before` from one fineness to the next, which divides it evenly. */
  async #coarsen(from: number, to: number, before: number): Promise<void> {
    await this.#move(from, to, sql`start - start % ${sql.lit(to)}`, before)
  }

  /** Moves the oldest month of days that is wholly before `before`. @returns whether there was one */
  async #coarsenOneMonth(before: number): Promise<boolean> {
    const oldest = await this.#database
      .selectFrom('usage_buckets')
      .select('start')
      .where('span', '=', day)
      .orderBy('start')
      .limit(1)
      .executeTakeFirst()
    if (oldest === undefined) return false
    const date = new Date(oldest.start)
    const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
    const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
    if (next > before) return false
    await this.#move(day, month, sql`${sql.lit(first)}`, next)
    return true
  }

  async #move(from: number, to: number, start: RawBuilder<unknown>, before: number): Promise<void> {
    await this.#run(sql`
      insert into usage_buckets (span, start, party, ${columnList})
      select ${sql.lit(to)}, moved_start, party, ${sumList}
      from (
        select ${start} as moved_start, party, ${columnList} from usage_buckets
        where span = ${sql.lit(from)} and start < ${before}
      ) as moved
      where 1 = 1
      group by moved_start, party
      on conflict (span, start, party) do update set ${addAll}`)
    await this.#run(sql`delete from usage_buckets where span = ${sql.lit(from)} and start < ${before}`)
  }

  /** @returns how many rows it changed */
  async #run(query: RawBuilder<unknown>): Promise<number> {
    const { numAffectedRows = 0n } = await query.execute(this.#database)
    return Number(numAffectedRows)
  }
}

function groupOf(
  row: Readonly<Record<string, number | string | null>>,
  groupBy: readonly Dimension[],
): UsageRow['group'] {
  return Object.fromEntries(
    groupBy.map((dimension) => {
      const value = row[dimension]
      return [dimension, value === null || value === undefined ? null : String(value)]
    }),
  )
}

function measuresOf(row: Readonly<Record<string, number | string | null>>): Measures {
  return Object.fromEntries(
    measures.map((measure) => [measure, Number(row[columnOf(measure)] ?? 0)]),
  ) as unknown as Measures
}

function floor(time: number, span: number): number {
  return time - (time % span)
}
