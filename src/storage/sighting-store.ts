import { sql, type Kysely } from 'kysely'
import type { KeyParty, Sighting, SightingStore } from '../standing/store.ts'
import type { Database } from './schema.ts'

/** SQLite takes some 32,000 parameters in one statement; a row has 9. */
const rowsAtOnce = 500
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

  async ofDay(of: number, offset: number, limit: number): Promise<Sighting[]> {
    const rows = await this.#database
      .selectFrom('standing_sightings')
      .selectAll()
      .where('day', '=', of)
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

  async prune(before: number): Promise<void> {
    await this.#database.deleteFrom('standing_sightings').where('day', '<', before).execute()
  }
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
