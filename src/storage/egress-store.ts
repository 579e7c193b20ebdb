import { sql, type Kysely } from 'kysely'
import type { EgressHour } from '../monitoring/egress.ts'
import type { EgressBatch, EgressPlace, EgressStore } from '../monitoring/egress-ledger.ts'
import { inPieces } from './pieces.ts'
import type { Database } from './schema.ts'

/** Instead of an account: all together. */
const everybody = ''

/** Each method runs inside one transaction that its caller holds. */
export class SqlEgressStore implements EgressStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async add({ writer, number, hours, oldest }: EgressBatch): Promise<void> {
    // Writing this row first lets only one process in at a time, on every database.
    const { change } = await this.#database
      .updateTable('egress_changes')
      .set((row) => ({ change: row('change', '+', 1) }))
      .returning('change')
      .executeTakeFirstOrThrow()
    const newest = Math.max(...hours.map(({ hour }) => hour))
    const { numInsertedOrUpdatedRows } = await this.#database
      .insertInto('egress_writers')
      .values({ writer, number, hour: newest })
      .onConflict((conflict) =>
        conflict
          .column('writer')
          .doUpdateSet({ number, hour: newest })
          .where('egress_writers.number', '<', number),
      )
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) return
    for (const piece of inPieces(hours)) {
      await this.#database
        .insertInto('egress_hours')
        .values(
          piece.map(({ account, hour, bytes }) => ({ account: account ?? everybody, hour, bytes, change })),
        )
        .onConflict((conflict) =>
          conflict.columns(['account', 'hour']).doUpdateSet((row) => ({
            bytes: row('egress_hours.bytes', '+', row.ref('excluded.bytes')),
            change,
          })),
        )
        .execute()
    }
    await this.#database.deleteFrom('egress_hours').where('hour', '<', oldest).execute()
    await this.#database.deleteFrom('egress_writers').where('hour', '<', oldest).execute()
  }

  async changed(after: EgressPlace, limit: number): Promise<(EgressHour & EgressPlace)[]> {
    const rows = await this.#database
      .selectFrom('egress_hours')
      .selectAll()
      .where(
        sql<boolean>`(change, account, hour) > (${after.change}, ${after.account ?? everybody}, ${after.hour})`,
      )
      .orderBy('change')
      .orderBy('account')
      .orderBy('hour')
      .limit(limit)
      .execute()
    return rows.map(({ account, hour, bytes, change }) => ({
      account: account === everybody ? null : account,
      hour,
      bytes,
      change,
    }))
  }
}
