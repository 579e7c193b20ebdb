import type { Insertable, Kysely, Selectable } from 'kysely'
import type { CaseId } from '../core/ids.ts'
import type { CaseStep } from '../standing/case.ts'
import type { StandingEvent } from '../standing/event.ts'
import type { EventPlace, EventStore } from '../standing/store.ts'
import { parseTarget, targetText, type Target } from '../standing/target.ts'
import { addStep, openCase } from './case-rows.ts'
import type { Database } from './schema.ts'

type EventRow = Selectable<Database['standing_events']>

/** SQLite takes some 32,000 parameters in one statement, Postgres 65,535; a row has 18. */
const rowsAtOnce = 500
/** Deleted in one transaction: nobody must wait for what nobody waits for. */
const prunedAtOnce = 100

/** Each method runs inside one transaction that its caller holds. */
export class SqlStandingEventStore implements EventStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async add(events: readonly StandingEvent[]): Promise<void> {
    await this.#insert(events)
    for (let from = 0; from < events.length; from += rowsAtOnce) {
      const rows = events.slice(from, from + rowsAtOnce).map(({ id }) => ({ event_id: id }))
      await this.#database.insertInto('standing_unfollowed').values(rows).execute()
    }
  }

  async strikes(target: Target, since: number, limit: number): Promise<StandingEvent[]> {
    const rows = await this.#database
      .selectFrom('standing_events')
      .selectAll()
      .where('target', '=', targetText(target))
      .where('at', '>', since)
      .where('hazard', 'is not', null)
      .orderBy('at', 'desc')
      .limit(limit)
      .execute()
    return rows.map(eventOf)
  }

  async addOnce(event: StandingEvent, mark: string, since: number): Promise<boolean> {
    const before = await this.#database
      .selectFrom('standing_events')
      .select('id')
      .where('target', '=', targetText(event.target))
      .where('at', '>', since)
      .where('note', 'like', `${mark}%`)
      .executeTakeFirst()
    if (before !== undefined) return false
    await this.#insert([event])
    return true
  }

  async addNew(
    event: StandingEvent,
    told: { readonly fresh: CaseId; readonly step: CaseStep } | null,
  ): Promise<boolean> {
    const added = await this.#database
      .insertInto('standing_events')
      .values(rowOf(event))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .executeTakeFirst()
    if (added === undefined) return false
    await this.#database.insertInto('standing_unfollowed').values({ event_id: event.id }).execute()
    if (told === null) return true
    const id = await openCase(this.#database, targetText(event.target), told.fresh, told.step.at)
    await addStep(this.#database, id, told.step)
    return true
  }

  async followed(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += rowsAtOnce) {
      const some = ids.slice(from, from + rowsAtOnce)
      await this.#database.deleteFrom('standing_unfollowed').where('event_id', 'in', some).execute()
    }
  }

  async unfollowed(until: number, limit: number): Promise<StandingEvent[]> {
    const rows = await this.#database
      .selectFrom('standing_events')
      .selectAll()
      .where('at', '<', until)
      .where('id', 'in', this.#database.selectFrom('standing_unfollowed').select('event_id'))
      .orderBy('at')
      .orderBy('id')
      .limit(limit)
      .execute()
    return rows.map(eventOf)
  }

  async page({ at, id }: EventPlace, until: number, limit: number): Promise<StandingEvent[]> {
    const rows = await this.#database
      .selectFrom('standing_events')
      .selectAll()
      .where((where) =>
        where.or([where('at', '>', at), where.and([where('at', '=', at), where('id', '>', id)])]),
      )
      // The index gives where to begin by this only.
      .where('at', '>=', at)
      .where('at', '<', until)
      .orderBy('at')
      .orderBy('id')
      .limit(limit)
      .execute()
    return rows.map(eventOf)
  }

  async void(target: Target, by: string): Promise<number> {
    const { numUpdatedRows } = await this.#database
      .updateTable('standing_events')
      .set({ voided_by: by })
      .where('target', '=', targetText(target))
      .where('hazard', 'is not', null)
      .where('voided_by', 'is', null)
      .executeTakeFirstOrThrow()
    return Number(numUpdatedRows)
  }

  async prune(before: number): Promise<boolean> {
    const old = await this.#database
      .selectFrom('standing_events')
      .select('id')
      .where('at', '<', before)
      .orderBy('at')
      .limit(prunedAtOnce)
      .execute()
    if (old.length === 0) return false
    const ids = old.map(({ id }) => id)
    await this.#database.deleteFrom('standing_unfollowed').where('event_id', 'in', ids).execute()
    await this.#database.deleteFrom('standing_events').where('id', 'in', ids).execute()
    return old.length === prunedAtOnce
  }

  async #insert(events: readonly StandingEvent[]): Promise<void> {
    for (let from = 0; from < events.length; from += rowsAtOnce) {
      const rows = events.slice(from, from + rowsAtOnce).map(rowOf)
      await this.#database.insertInto('standing_events').values(rows).execute()
    }
  }

  async secret(name: string, fresh: string): Promise<string> {
    await this.#database
      .insertInto('standing_secrets')
      .values({ name, value: fresh })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute()
    const { value } = await this.#database
      .selectFrom('standing_secrets')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirstOrThrow()
    return value
  }
}

function rowOf(event: StandingEvent): Insertable<Database['standing_events']> {
  return {
    id: event.id,
    at: event.at,
    target: targetText(event.target),
    organisation_id: event.organisation,
    person_id: event.person,
    key_id: event.key,
    end_user: event.endUser,
    network: event.network,
    fingerprint: event.fingerprint,
    source: event.source,
    direction: event.direction,
    hazard: event.hazard,
    severity: Math.round(event.severity * 1000),
    attributable: event.attributable ? 1 : 0,
    request_id: event.requestId,
    entry_id: event.entryId,
    note: event.note,
    voided_by: event.voidedBy,
  }
}

function eventOf(row: EventRow): StandingEvent {
  return {
    id: row.id,
    at: row.at,
    target: parseTarget(row.target),
    organisation: row.organisation_id,
    person: row.person_id,
    key: row.key_id,
    endUser: row.end_user,
    network: row.network,
    fingerprint: row.fingerprint,
    source: row.source,
    direction: row.direction,
    hazard: row.hazard,
    severity: row.severity / 1000,
    attributable: row.attributable === 1,
    requestId: row.request_id,
    entryId: row.entry_id,
    note: row.note,
    voidedBy: row.voided_by,
  }
}
