import { sql, type Kysely, type RawBuilder } from 'kysely'
import type {
  BarredPage,
  KeyParty,
  LikeBarred,
  Likeness,
  LikeTimes,
  Sighting,
  SightingStore,
} from '../standing/store.ts'
import { parseTarget, targetText, type Target } from '../standing/target.ts'
import type { Database } from './schema.ts'

/** SQLite takes some 32,000 parameters in one statement; a row has 9. */
const rowsAtOnce = 500
/** Deleted in one transaction: nobody must wait for what nobody waits for. */
const prunedAtOnce = 100
const day = 24 * 60 * 60 * 1000

/** Each method runs inside one transaction that its caller holds. */
export class SqlSightingStore implements SightingStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async add(sightings: readonly Sighting[]): Promise<void> {
    for (const rows of together(sightings)) {
      await this.#database
        .insertInto('standing_sightings')
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(['day', 'target', 'key_id', 'kind', 'mark']).doUpdateSet({
            last_at: sql`case when excluded.last_at > standing_sightings.last_at
              then excluded.last_at else standing_sightings.last_at end`,
          }),
        )
        .execute()
    }
  }

  async keysOnNetworks(
    since: number,
    least: number,
    limit: number,
  ): Promise<(KeyParty & { networks: number })[]> {
    const networks = sql<number>`count(distinct mark)`
    const rows = await this.#database
      .selectFrom('standing_sightings')
      .select(['key_id', 'organisation_id', 'person_id', networks.as('networks')])
      .where('day', '>=', since - (since % day))
      .where('kind', '=', 'network')
      .where('last_at', '>', since)
      .where('key_id', '!=', '')
      .groupBy(['key_id', 'organisation_id', 'person_id'])
      .having(networks, '>=', least)
      .orderBy('networks', 'desc')
      .orderBy('key_id')
      .limit(limit)
      .execute()
    return rows.map((row) => ({
      key: row.key_id,
      organisation: row.organisation_id,
      person: row.person_id,
      networks: row.networks,
    }))
  }

  async networksOfDay(of: number, offset: number, limit: number): Promise<Sighting[]> {
    const rows = await this.#database
      .selectFrom('standing_sightings')
      .selectAll()
      .where('day', '=', of)
      .where('kind', '=', 'network')
      .orderBy('first_at')
      .orderBy('target')
      .orderBy('key_id')
      .orderBy('mark')
      .offset(offset)
      .limit(limit)
      .execute()
    return rows.map((row) => ({
      day: row.day,
      target: row.target,
      organisation: row.organisation_id,
      person: row.person_id,
      key: row.key_id === '' ? null : row.key_id,
      kind: row.kind,
      mark: row.mark,
      firstAt: row.first_at,
      lastAt: row.last_at,
    }))
  }

  async alike(target: Target, since: number, mostShared: number, limit: number): Promise<Likeness[]> {
    const whose = columnOf(target)
    if (whose === null) return []
    const [column, value] = whose
    const from = since - (since % day)
    const { rows } = await sql<LikenessRow>`
      with mine as (
        select distinct kind, mark from standing_sightings
        where ${sql.ref(column)} = ${value} and day >= ${from} and ${telling('standing_sightings')}
      ), shared as (
        select met.kind, met.mark, count(distinct met.target) as sharers
        from standing_sightings as met join mine on mine.kind = met.kind and mine.mark = met.mark
        where met.day >= ${from} and ${telling('met')}
        group by met.kind, met.mark having count(distinct met.target) <= ${mostShared}
      )
      select met.target, met.key_id, met.kind, cast(min(sharers) as integer) as shared_by, max(met.last_at) as last
      from standing_sightings as met join shared on shared.kind = met.kind and shared.mark = met.mark
      where met.day >= ${from} and met.target <> ${targetText(target)}
        and met.${sql.ref(column)} <> ${value} and ${telling('met')}
      group by met.target, met.key_id, met.kind
      order by last desc, met.target, met.key_id, met.kind limit ${limit}`.execute(this.#database)
    return rows.map((row) => ({
      target: parseTarget(row.target),
      key: row.key_id === '' ? null : row.key_id,
      kind: row.kind,
      sharedBy: row.shared_by,
      lastAt: row.last,
    }))
  }

  async likeBarred(
    { after, since, now }: LikeTimes,
    { rung, from, size }: BarredPage,
    limit: number,
  ): Promise<LikeBarred> {
    const page = sql`
      select id, target from measures where rung = ${rung} and lifted_at is null and id > ${from}
        and (until is null or until > ${now})
      order by id limit ${size}`
    const { rows: ends } = await sql<{ last: string | null; count: number }>`
      select max(id) as last, count(*) as count from (${page}) as page`.execute(this.#database)
    const [end] = ends
    const theirs = (whose: RawBuilder<unknown>) => sql`
      select kind, mark, target from standing_sightings
      where ${whose} and day >= ${since - (since % day)} and ${telling('standing_sightings')}`
    const { rows } = await sql<{ target: string }>`
      with barred as (
        select target from (${page}) as page where target not like 'net:%' and target not like 'domain:%'
      ), marks as (
        ${theirs(sql`target in (select target from barred)`)}
        union ${theirs(sql`key_id in (select substr(target, 5) from barred where target like 'key:%')`)}
      )
      select distinct met.target
      from marks join standing_sightings as met
        on met.kind = marks.kind and met.mark = marks.mark and met.target <> marks.target
      where met.day >= ${after - (after % day)} and met.last_at > ${after} and ${telling('met')}
      order by met.target limit ${limit}`.execute(this.#database)
    const next = end === undefined || end.count < size ? null : end.last
    return { targets: rows.map(({ target }) => parseTarget(target)), next }
  }

  async prune(before: number): Promise<boolean> {
    const key = ['day', 'target', 'key_id', 'kind', 'mark'] as const
    const old = await this.#database
      .selectFrom('standing_sightings')
      .select(key)
      .where('day', '<', before)
      .orderBy('day')
      .limit(prunedAtOnce)
      .execute()
    for (const row of old) {
      await this.#database
        .deleteFrom('standing_sightings')
        .where((where) => where.and(row))
        .execute()
    }
    return old.length === prunedAtOnce
  }
}

interface LikenessRow {
  readonly target: string
  readonly key_id: string
  readonly kind: Sighting['kind']
  readonly shared_by: number
  readonly last: number
}

/** Where the rows of a target are; null for what is no party. */
function columnOf({ kind, value }: Target): [column: string, value: string] | null {
  switch (kind) {
    case 'key':
      return ['key_id', value]
    case 'person':
    case 'user':
      return ['target', `${kind}:${value}`]
    default:
      return null
  }
}

/** The network of an end user is that of the server which asks for them: it tells nothing. */
function telling(table: string) {
  return sql`not (${sql.ref(`${table}.kind`)} = 'network' and ${sql.ref(`${table}.target`)} like 'user:%')`
}

/** Rows of one statement, each of their names once: a statement changes no row twice on Postgres. */
function together(sightings: readonly Sighting[]) {
  const named = new Map<string, Sighting>()
  for (const one of sightings) {
    const name = [one.day, one.target, one.key ?? '', one.kind, one.mark].join(' ')
    const before = named.get(name)
    const lastAt = Math.max(before?.lastAt ?? 0, one.lastAt)
    named.set(name, { ...(before ?? one), lastAt })
  }
  const rows = [...named.values()].map((one) => ({
    day: one.day,
    target: one.target,
    organisation_id: one.organisation,
    person_id: one.person,
    key_id: one.key ?? '',
    kind: one.kind,
    mark: one.mark,
    first_at: one.firstAt,
    last_at: one.lastAt,
  }))
  return Array.from({ length: Math.ceil(rows.length / rowsAtOnce) }, (_, index) =>
    rows.slice(index * rowsAtOnce, (index + 1) * rowsAtOnce),
  )
}
