import type { Kysely } from 'kysely'
import type { Delivery, WebhookStore } from '../standing/webhooks/webhook-store.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlWebhookStore implements WebhookStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async spread(addresses: readonly string[], now: number, before: number, limit: number): Promise<void> {
    for (const table of ['standing_notices', 'webhook_deliveries'] as const) {
      const stale = await this.#database
        .selectFrom(table)
        .select('at')
        .where('at', '<', before)
        .executeTakeFirst()
      if (stale !== undefined) await this.#database.deleteFrom(table).where('at', '<', before).execute()
    }
    if (addresses.length === 0) return
    const fresh = await this.#database
      .selectFrom('standing_notices')
      .selectAll()
      .orderBy('at')
      .orderBy('id')
      .limit(limit)
      .execute()
    if (fresh.length === 0) return
    const rows = fresh.flatMap(({ id, at, body }) =>
      addresses.map((address) => ({ notice: id, address, at, body, attempts: 0, due_at: now })),
    )
    await this.#database.insertInto('webhook_deliveries').values(rows).execute()
    const ids = fresh.map(({ id }) => id)
    await this.#database.deleteFrom('standing_notices').where('id', 'in', ids).execute()
  }

  async claim(address: string, now: number, until: number, limit: number): Promise<Delivery[]> {
    const due = await this.#database
      .selectFrom('webhook_deliveries')
      .select(['notice', 'body', 'attempts'])
      .where('address', '=', address)
      .where('due_at', '<=', now)
      .orderBy('at')
      .orderBy('notice')
      .limit(limit)
      .execute()
    if (due.length === 0) return []
    const ids = due.map(({ notice }) => notice)
    await this.#database
      .updateTable('webhook_deliveries')
      .set((row) => ({ due_at: until, attempts: row('attempts', '+', 1) }))
      .where('address', '=', address)
      .where('notice', 'in', ids)
      .execute()
    return due.map(({ notice, body, attempts }) => ({ id: notice, body, attempts: attempts + 1 }))
  }

  async forget(id: string, address: string): Promise<void> {
    await this.#database
      .deleteFrom('webhook_deliveries')
      .where('notice', '=', id)
      .where('address', '=', address)
      .execute()
  }

  async postpone(id: string, address: string, dueAt: number): Promise<void> {
    await this.#database
      .updateTable('webhook_deliveries')
      .set({ due_at: dueAt })
      .where('notice', '=', id)
      .where('address', '=', address)
      .execute()
  }
}
