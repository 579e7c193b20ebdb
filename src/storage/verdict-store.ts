import { sql, type Kysely } from 'kysely'
import type { OrganisationId } from '../core/ids.ts'
import type { Hazard, Scores } from '../core/verdict.ts'
import type { KeptVerdict, VerdictCount, VerdictStore } from '../guard/verdicts/store.ts'
import type { Database } from './schema.ts'

/** Rows of one statement: SQLite binds at most 32,766 values. */
const together = 500

/** Each method runs inside one transaction that its caller holds. */
export class SqlVerdictStore implements VerdictStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async add(verdicts: readonly KeptVerdict[]): Promise<void> {
    for (let at = 0; at < verdicts.length; at += together) {
      const rows = verdicts.slice(at, at + together).map((verdict) => ({
        id: verdict.id,
        at: verdict.at,
        request_id: verdict.requestId,
        entry_id: verdict.entryId,
        organisation_id: verdict.organisationId,
        key_id: verdict.keyId,
        model: verdict.model,
        direction: verdict.direction,
        outcome: verdict.outcome,
        action: verdict.action,
        hazards: JSON.stringify(verdict.hazards),
        scores: verdict.scores === null ? null : JSON.stringify(verdict.scores),
        layer: verdict.layer,
        policy: verdict.policy,
        fingerprint: verdict.fingerprint,
      }))
      await this.#database.insertInto('guard_verdicts').values(rows).execute()
    }
  }

  async latest({ since, limit }: { since: number; limit: number }): Promise<KeptVerdict[]> {
    const rows = await this.#database
      .selectFrom('guard_verdicts')
      .selectAll()
      .where('at', '>=', since)
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => ({
      id: row.id,
      at: row.at,
      requestId: row.request_id,
      entryId: row.entry_id,
      organisationId: row.organisation_id,
      keyId: row.key_id,
      model: row.model,
      direction: row.direction,
      outcome: row.outcome,
      action: row.action,
      hazards: JSON.parse(row.hazards) as Hazard[],
      scores: row.scores === null ? null : (JSON.parse(row.scores) as Scores),
      layer: row.layer,
      policy: row.policy,
      fingerprint: row.fingerprint,
    }))
  }

  async counts({
    since,
    organisation,
  }: {
    since: number
    organisation: OrganisationId | null
  }): Promise<VerdictCount[]> {
    const day = sql<number | bigint>`at / 86400000`
    let query = this.#database
      .selectFrom('guard_verdicts')
      .select(['direction', 'outcome', 'action', 'hazards', 'layer'])
      .select(day.as('day'))
      .select(({ fn }) => fn.countAll<number | bigint>().as('count'))
      .where('at', '>=', since)
      .groupBy(['direction', 'outcome', 'action', 'hazards', 'layer'])
      .groupBy(day)
      .orderBy('day')
    if (organisation !== null) query = query.where('organisation_id', '=', organisation)
    const rows = await query.execute()
    return rows.map(({ day: on, direction, outcome, action, hazards, layer, count }) => ({
      day: Number(on),
      direction,
      outcome,
      action,
      hazards: JSON.parse(hazards) as Hazard[],
      layer,
      count: Number(count),
    }))
  }

  async prune({ before, most }: { before: number; most: number }): Promise<void> {
    await this.#database.deleteFrom('guard_verdicts').where('at', '<', before).execute()
    const [last] = await this.#database
      .selectFrom('guard_verdicts')
      .select('at')
      .orderBy('at', 'desc')
      .offset(most)
      .limit(1)
      .execute()
    if (last !== undefined) {
      await this.#database.deleteFrom('guard_verdicts').where('at', '<=', last.at).execute()
    }
  }
}
